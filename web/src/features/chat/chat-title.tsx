import type { ChatSession } from '@chatbot-platform/contract'
import { useRef } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useProblemText } from '../../lib/problems.ts'
import { useUpdateSession } from '../../lib/queries/session-changes.ts'
import { controlClass } from '../../ui/field.tsx'
import { toast } from '../../ui/toast.tsx'

interface ChatTitleProps {
  projectId: string
  /** Null while there is none: a new conversation, or one that is being loaded. */
  session: ChatSession | null
  isNew: boolean
  isRenaming: boolean
  onRename: (isRenaming: boolean) => void
}

/** The longest title, as `SessionPatch` of the contract has it. */
const maxTitleChars = 200

/** The title of the conversation, which can be changed in its place. Also the window's title. */
export function ChatTitle({ projectId, session, isNew, isRenaming, onRename }: ChatTitleProps) {
  const { t } = useTranslation('chat')
  const problemText = useProblemText()
  const update = useUpdateSession(projectId, (error) => toast({ text: problemText(error) }))
  const title = session?.title ?? t(isNew || session ? 'newChat' : 'thread')
  return (
    <>
      <title>{`${title} · Chatbot Platform`}</title>
      {isRenaming && session ? (
        <TitleField
          title={title}
          onDone={(next) => {
            onRename(false)
            if (next !== null && next !== title) update.mutate({ session, patch: { title: next } })
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
