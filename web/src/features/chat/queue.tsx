import type { QueuedMessage } from '@chatbot-platform/client'
import type { Attachment } from '@chatbot-platform/contract'
import { Pencil, Trash2 } from 'lucide-react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { useChatControl } from './chat-context.ts'

/** So much of a text is in the names of its buttons, in characters. */
const nameChars = 60

interface QueueProps {
  messages: readonly QueuedMessage[]
  isRunning: boolean
  /** Takes a text back into the composer. */
  onEdit: (text: string, images?: readonly Attachment[]) => void
}

/** Messages that wait for the answer under way; after a failure they wait until somebody goes on. */
export function Queue({ messages, isRunning, onEdit }: QueueProps) {
  const { t } = useTranslation('chat')
  const { t: images } = useTranslation('images')
  const { chat } = useChatControl()
  const [first] = messages
  if (!first) return null
  const take = (id: string, use: (text: string, images?: readonly Attachment[]) => void) => {
    const message = chat.takeBack(id)
    if (message) use(message.text, message.attachments)
  }
  return (
    <section
      aria-label={t(isRunning ? 'queue.title' : 'queue.paused')}
      className="rounded-md border border-line bg-panel"
    >
      <div className="flex items-center justify-between gap-2 py-1 ps-3 pe-1 text-muted text-sm">
        <p className="py-1.5">{t(isRunning ? 'queue.title' : 'queue.paused')}</p>
        {!isRunning && (
          <Button variant="quiet" onClick={() => take(first.id, chat.send)}>
            {t('queue.sendNow')}
          </Button>
        )}
      </div>
      <ol className="max-h-40 overflow-y-auto">
        {messages.map(({ id, text, attachments }) => {
          const name = text.length > nameChars ? `${text.slice(0, nameChars)}…` : text
          return (
            <li key={id} className="flex items-center gap-1 border-line border-t py-0.5 ps-3 pe-1">
              {attachments && <span className="text-muted text-sm">{images('list')}</span>}
              <p dir="auto" className="min-w-0 flex-1 truncate">
                {text}
              </p>
              <IconButton icon={Pencil} label={t('queue.edit', { text: name })} onClick={() => take(id, onEdit)} />
              <IconButton icon={Trash2} label={t('queue.remove', { text: name })} onClick={() => chat.unqueue(id)} />
            </li>
          )
        })}
      </ol>
    </section>
  )
}
