import { ApiError } from '@chatbot-platform/client'
import { type ChatSession, contract } from '@chatbot-platform/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useClient } from '../../lib/account.tsx'
import { saveAnswer } from '../../lib/download.ts'
import { useProblemText } from '../../lib/problems.ts'
import { keys } from '../../lib/queries/keys.ts'
import { useUpdateSession } from '../../lib/queries/session-changes.ts'
import { type SessionLists, without } from '../../lib/queries/session-lists.ts'
import { useNavigate, useParams } from '../../lib/router/use-router.tsx'
import { useSidebar } from '../../lib/sidebar.tsx'
import { toast } from '../../ui/toast.tsx'
import { deleteLater } from './pending-deletions.ts'
import { shortTitle } from './short-title.ts'

export type SessionActions = ReturnType<typeof useSessionActions>
type SessionFormat = 'markdown' | 'json'

/** What can be done to a conversation of this bot. Failures are said in a toast. */
export function useSessionActions(projectId: string) {
  const { t } = useTranslation('sessions')
  const { t: common } = useTranslation()
  const client = useClient()
  const queryClient = useQueryClient()
  const problemText = useProblemText()
  const navigate = useNavigate()
  const { sessionId: openId } = useParams()
  const { close: closeSidebar } = useSidebar()
  const titleOf = ({ title }: ChatSession) => shortTitle(title ?? t('untitled'))
  const update = useUpdateSession(projectId, (error, session) =>
    toast({ text: t('changeFailed', { title: titleOf(session), reason: problemText(error) }) }),
  )

  const save = useMutation({
    async mutationFn({ session, format }: { session: ChatSession; format: SessionFormat }) {
      const params = { session_id: session.id }
      const answer = await client.send(contract.sessions.export, { params, query: { format } })
      await saveAnswer(answer, format === 'json' ? 'conversation.json' : 'conversation.md')
    },
    onError: (error, { session }) =>
      toast({ text: t('exportFailed', { title: titleOf(session), reason: problemText(error) }) }),
  })

  function remove(session: ChatSession): void {
    const wasOpen = session.id === openId
    // What could be undone must not stand behind the drawer.
    closeSidebar()
    if (wasOpen) void navigate(`/app/chat/${projectId}`)
    deleteLater({
      id: session.id,
      async run({ isLeaving }) {
        const params = { session_id: session.id }
        await client.call(contract.sessions.remove, { params, keepalive: isLeaving }).catch(unlessGone)
        queryClient.setQueryData<SessionLists>(keys.sessionLists(projectId), (now) => now && without(now, session.id))
        void queryClient.invalidateQueries({ queryKey: keys.search })
      },
      text: t('deleted', { title: titleOf(session) }),
      undoLabel: common('undo'),
      onUndo: () => {
        if (wasOpen) void navigate(`/app/chat/${projectId}/${session.id}`)
      },
      onFailure: (error) => toast({ text: t('deleteFailed', { title: titleOf(session), reason: problemText(error) }) }),
    })
  }

  return {
    rename: (session: ChatSession, title: string) => update.mutate({ session, patch: { title } }),
    pin: (session: ChatSession, pinned: boolean) => update.mutate({ session, patch: { pinned } }),
    save: (session: ChatSession, format: SessionFormat) => save.mutate({ session, format }),
    remove,
  }
}

/** What somebody else has deleted meanwhile is as gone as it should be. */
function unlessGone(error: unknown): void {
  if (!(error instanceof ApiError && error.problem.status === 404)) throw error
}
