import type { Message } from '@chatbot-platform/contract'
import { type KeyboardEvent, useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { Button } from '../../ui/button.tsx'
import { controlClass } from '../../ui/field.tsx'
import { useChatControl } from './chat-context.ts'
import { maxChars } from './message-limit.ts'
import { sendsMessage } from './send-key.ts'
import { useAutoHeight } from './use-auto-height.ts'
import { useIsRunning } from './use-is-running.ts'

/** Changes a question in its place: asking again makes a branch, nothing is overwritten. */
export function QuestionEditor({ message }: { message: Message }) {
  const { t } = useTranslation('chat')
  const { chat, editQuestion } = useChatControl()
  const isRunning = useIsRunning()
  const [text, setText] = useState(message.content)
  const textarea = useAutoHeight(text)
  const isReady = text.trim() !== '' && text.length <= maxChars && !isRunning
  const ask = () => {
    if (!isReady) return
    editQuestion(null)
    chat.edit(message.id, text.trim())
  }
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Escape') editQuestion(null)
    else if (sendsMessage(event)) ask()
    else return
    event.preventDefault()
  }
  return (
    <form
      className="flex w-full flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        ask()
      }}
    >
      <textarea
        ref={textarea}
        // The reader asked to write here.
        autoFocus
        onFocus={({ currentTarget }) => currentTarget.setSelectionRange(text.length, text.length)}
        dir="auto"
        aria-label={t('message.editField')}
        className={`${controlClass} field-sizing-content max-h-[40vh] resize-none py-2.5 text-body`}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={press}
      />
      <div className="flex justify-end gap-2">
        <Button onClick={() => editQuestion(null)}>{t('common:cancel')}</Button>
        <Button type="submit" variant="primary" disabled={!isReady}>
          {t('message.ask')}
        </Button>
      </div>
    </form>
  )
}
