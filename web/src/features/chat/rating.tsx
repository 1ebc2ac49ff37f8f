import type { Message } from '@chatbot-platform/contract'
import { ThumbsDown, ThumbsUp } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { lazyPart, useLazyPart } from '../../lib/lazy-part.ts'
import { IconButton } from '../../ui/icon-button.tsx'
import { useChatControl } from './chat-context.ts'

const dialog = lazyPart(async () => (await import('./rating-dialog.tsx')).RatingDialog)

/** Thumbs up or down; pressed again, it is taken back. Thumbs down asks why, which may stay open. */
export function Rating({ message }: { message: Message }) {
  const { t } = useTranslation('chat')
  const { chat } = useChatControl()
  const [isAsking, setAsking] = useState(false)
  const Dialog = useLazyPart(dialog, isAsking)
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
      {Dialog && (
        <Dialog
          onDone={(reason) => {
            if (reason) void chat.rate(message.id, { rating: 'down', reason })
            setAsking(false)
          }}
        />
      )}
    </>
  )
}
