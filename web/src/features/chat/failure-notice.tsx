import type { ChatSnapshot } from '@chatbot-platform/client'
import type { Attachment } from '@chatbot-platform/contract'
import { X } from 'lucide-react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { problemText } from '../../lib/problems.ts'
import { Button } from '../../ui/button.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { useChatControl } from './chat-context.ts'
import { FailureLinks } from './failure-links.tsx'

interface FailureNoticeProps {
  snapshot: ChatSnapshot
  /** Takes the text that was not sent back into the composer. */
  onEdit: (text: string, images?: readonly Attachment[]) => void
}

/** What could not be done, with the text it was about; nothing where the failed answer itself says it. */
export function FailureNotice({ snapshot, onEdit }: FailureNoticeProps) {
  const { t, language } = useTranslation('chat')
  const { t: errors } = useTranslation('errors')
  const { chat } = useChatControl()
  const { failure, messages } = snapshot
  if (!failure) return null
  const { problem, text, attachments, retry } = failure
  const answer = messages.findLast(({ id }) => id === problem.messageId)
  if (answer?.state === 'failed' || answer?.state === 'interrupted') return null
  return (
    <Notice
      tone="danger"
      actions={
        <>
          {/* The text becomes a draft, which is still there when the reader comes back. */}
          <FailureLinks code={problem.code} onLeave={() => text !== undefined && onEdit(text, attachments)} />
          {text !== undefined && (
            <Button
              onClick={() => {
                chat.dismissFailure()
                onEdit(text, attachments)
              }}
            >
              {t('failure.edit')}
            </Button>
          )}
          {retry && <Button onClick={() => chat.retry()}>{t('common:retry')}</Button>}
          <IconButton icon={X} label={t('failure.dismiss')} onClick={() => chat.dismissFailure()} />
        </>
      }
    >
      <p>{problem.code === 'offline' ? t('failure.offline') : problemText(errors, language, problem)}</p>
      {text !== undefined && (
        <p dir="auto" className="mt-1 line-clamp-3 text-muted">
          {t('failure.notSent', { text })}
        </p>
      )}
    </Notice>
  )
}
