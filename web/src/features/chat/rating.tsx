import type { Message } from '@chatbot-platform/contract'
import { ThumbsDown, ThumbsUp } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextArea } from '../../ui/field.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { useChatControl } from './chat-context.ts'

/** The longest reason, as `FeedbackInput` of the contract has it. */
const maxReasonChars = 2000

/** Thumbs up or down; pressed again, it is taken back. Thumbs down asks why, which may stay open. */
export function Rating({ message }: { message: Message }) {
  const { t } = useTranslation('chat')
  const { chat } = useChatControl()
  const [isAsking, setAsking] = useState(false)
  const given = message.feedback?.rating
  const rate = (rating: 'up' | 'down') => {
    const isTakenBack = rating === given
    void chat.rate(message.id, isTakenBack ? null : { rating })
    setAsking(rating === 'down' && !isTakenBack)
  }
  return (
    <>
      <IconButton icon={ThumbsUp} label={t('message.good')} aria-pressed={given === 'up'} onClick={() => rate('up')} />
      <IconButton
        icon={ThumbsDown}
        label={t('message.bad')}
        aria-pressed={given === 'down'}
        onClick={() => rate('down')}
      />
      <Dialog open={isAsking} onClose={() => setAsking(false)} title={t('rating.title')}>
        <ReasonForm
          onDone={(reason) => {
            if (reason) void chat.rate(message.id, { rating: 'down', reason })
            setAsking(false)
          }}
        />
      </Dialog>
    </>
  )
}

function ReasonForm({ onDone }: { onDone: (reason: string | null) => void }) {
  const { t } = useTranslation('chat')
  const [reason, setReason] = useState('')
  return (
    <form
      className="flex flex-col gap-4 p-4"
      onSubmit={(event) => {
        event.preventDefault()
        onDone(reason.trim() || null)
      }}
    >
      <TextArea
        label={t('rating.field')}
        hint={t('rating.hint')}
        rows={4}
        maxLength={maxReasonChars}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        autoFocus
      />
      <div className="flex justify-end gap-2">
        <Button onClick={() => onDone(null)}>{t('rating.skip')}</Button>
        <Button type="submit" variant="primary" disabled={reason.trim() === ''}>
          {t('rating.send')}
        </Button>
      </div>
    </form>
  )
}
