import { contract } from '@chatbot-platform/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useClient } from '../../lib/account.tsx'
import { useProblemText } from '../../lib/problems.ts'
import { keys } from '../../lib/queries/keys.ts'
import { controlClass } from '../../ui/field.tsx'
import { toast } from '../../ui/toast.tsx'

interface ChatTitleProps {
  projectId: string
  /** Null while there is none: a new conversation, or one that is being loaded. */
  session: { id: string; title: string | null } | null
  isNew: boolean
  isRenaming: boolean
  onRename: (isRenaming: boolean) => void
}

/** The longest title, as `SessionPatch` of the contract has it. */
const maxTitleChars = 200

/** The title of the conversation, which can be changed in its place. Also the window's title. */
export function ChatTitle({ projectId, session, isNew, isRenaming, onRename }: ChatTitleProps) {
  const { t } = useTranslation('chat')
  const { title: known, rename } = useTitle(projectId, session)
  const title = known ?? t(isNew || session ? 'newChat' : 'thread')
  return (
    <>
      <title>{`${title} · Chatbot Platform`}</title>
      {isRenaming && session ? (
        <TitleField
          title={title}
          onDone={(next) => {
            onRename(false)
            if (next !== null && next !== title) rename(next)
          }}
        />
      ) : (
        <h1 className="flex min-w-0 flex-1 font-medium" dir="auto">
          {session ? (
            <button
              type="button"
              className="min-h-8 min-w-0 truncate rounded-md px-2 hover:bg-hover pointer-coarse:min-h-11"
              title={t('header.rename')}
              onClick={() => onRename(true)}
            >
              {title}
            </button>
          ) : (
            <span className={isNew ? 'truncate px-2' : 'sr-only'}>{title}</span>
          )}
        </h1>
      )}
    </>
  )
}

function TitleField({ title, onDone }: { title: string; onDone: (title: string | null) => void }) {
  const { t } = useTranslation('chat')
  // The field also loses the focus when it goes away.
  const isDone = useRef(false)
  const finish = (next: string | null) => {
    if (isDone.current) return
    isDone.current = true
    onDone(next?.trim() || null)
  }
  return (
    <input
      autoFocus
      aria-label={t('header.titleField')}
      dir="auto"
      maxLength={maxTitleChars}
      defaultValue={title}
      className={`${controlClass} min-w-0 flex-1`}
      onFocus={({ currentTarget }) => currentTarget.select()}
      onBlur={({ currentTarget }) => finish(currentTarget.value)}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return
        if (event.key === 'Enter') finish(event.currentTarget.value)
        else if (event.key === 'Escape') finish(null)
        else return
        event.preventDefault()
      }}
    />
  )
}

/** The title as the lists know it too: it follows when it is changed elsewhere in the app. */
function useTitle(projectId: string, session: ChatTitleProps['session']) {
  const client = useClient()
  const queryClient = useQueryClient()
  const problemSentence = useProblemText()
  const id = session?.id ?? ''
  const queryKey = [...keys.sessions(projectId), 'one', id]
  const { data } = useQuery({
    queryKey,
    queryFn: () => client.call(contract.sessions.get, { params: { session_id: id } }),
    enabled: session !== null,
  })
  const { mutate, variables, isPending } = useMutation({
    mutationFn: (title: string) =>
      client.call(contract.sessions.update, { params: { session_id: id }, body: { title } }),
    onSuccess: (changed) => {
      queryClient.setQueryData(queryKey, changed)
      void queryClient.invalidateQueries({ queryKey: keys.sessions(projectId) })
    },
    onError: (error) => toast({ text: problemSentence(error) }),
  })
  return { title: isPending ? variables : (data?.title ?? session?.title ?? null), rename: mutate }
}
