import { ApiError } from '@chatbot-platform/client'
import { type ChatSession, contract, type SessionPatch } from '@chatbot-platform/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useNavigate, useParams } from 'react-router'
import { useClient } from '../../lib/account.tsx'
import { saveAnswer } from '../../lib/download.ts'
import { useProblemText } from '../../lib/problems.ts'
import { keys } from '../../lib/queries/keys.ts'
import { useSidebar } from '../../lib/sidebar.tsx'
import { toast } from '../../ui/toast.tsx'
import { deleteLater } from './pending-deletions.ts'
import { type SessionLists, without, withSession } from './session-lists.ts'
import { sessionListsKey } from './use-sessions.ts'

export type SessionActions = ReturnType<typeof useSessionActions>
type SessionFormat = 'markdown' | 'json'

/** What can be done to a conversation of this bot from the list. Failures are said in a toast. */
export function useSessionActions(projectId: string) {
  const { t } = useTranslation('sessions')
  const { t: common } = useTranslation()
  const client = useClient()
  const queryClient = useQueryClient()
  const problemText = useProblemText()
  const navigate = useNavigate()
  const { sessionId: openId } = useParams()
  const { close: closeSidebar } = useSidebar()
  const update = useUpdate(projectId)
  const titleOf = ({ title }: ChatSession) => title ?? t('untitled')

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
      async run() {
        await client.call(contract.sessions.remove, { params: { session_id: session.id } }).catch(unlessGone)
        queryClient.setQueryData<SessionLists>(sessionListsKey(projectId), (now) => now && without(now, session.id))
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

/** Changes a session at the server; the list shows it at once, and takes it back when the server refuses. */
function useUpdate(projectId: string) {
  const { t } = useTranslation('sessions')
  const client = useClient()
  const queryClient = useQueryClient()
  const problemText = useProblemText()
  const queryKey = sessionListsKey(projectId)
  const put = (session: ChatSession) =>
    queryClient.setQueryData<SessionLists>(queryKey, (now) => now && withSession(now, session))
  return useMutation({
    mutationFn: ({ session, patch }: { session: ChatSession; patch: SessionPatch }) =>
      client.call(contract.sessions.update, { params: { session_id: session.id }, body: patch }),
    async onMutate({ session, patch: { title = session.title, pinned = session.pinned } }) {
      // An answer from before the change would show the old state for a moment.
      await queryClient.cancelQueries({ queryKey })
      put({ ...session, title, pinned })
    },
    onError(error, { session }) {
      put(session)
      toast({ text: t('changeFailed', { title: session.title ?? t('untitled'), reason: problemText(error) }) })
    },
    onSuccess: put,
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.sessions(projectId) }),
  })
}

/** What somebody else has deleted meanwhile is as gone as it should be. */
function unlessGone(error: unknown): void {
  if (!(error instanceof ApiError && error.problem.status === 404)) throw error
}
