import type { Attachment, Message } from '@chatbot-platform/contract'
import { Pencil } from 'lucide-react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { lazyPart, useLazyPart } from '../../lib/lazy-part.ts'
import { PlainText } from '../../markdown/markdown.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { Branches } from './branches.tsx'
import { useChatControl } from './chat-context.ts'
import { CopyButton } from './copy-button.tsx'
import { laterParts } from './later-parts.ts'
import { toolsClass } from './message-tools.ts'
import { Time } from './time.tsx'
import { useIsRunning } from './use-is-running.ts'

const editor = lazyPart(async () => (await import('./question-editor.tsx')).QuestionEditor)

/** What somebody asked: a quiet bubble at the end side, with what can be done about it on hover and focus. */
export function Question({ message, isEditing }: { message: Message; isEditing: boolean }) {
  const { t } = useTranslation('chat')
  const { editQuestion } = useChatControl()
  const isRunning = useIsRunning()
  const Editor = useLazyPart(editor, isEditing)
  const { id, content, timestamp } = message
  return (
    <article className="group/message flex flex-col items-end">
      <h2 className="sr-only">{t('you')}</h2>
      <QuestionImages images={message.attachments} />
      {Editor ? (
        <Editor message={message} />
      ) : (
        <>
          <QuestionBubble text={content} />
          <div className="mt-1 flex min-h-8 items-center gap-1">
            <div role="toolbar" aria-label={t('message.tools')} className={toolsClass(false)}>
              <Time time={timestamp} className="pe-1 max-md:hidden" />
              <CopyButton text={content} label={t('message.copyQuestion')} />
              <IconButton
                icon={Pencil}
                label={t('message.edit')}
                disabled={isRunning}
                onClick={() => editQuestion(id)}
              />
            </div>
            <Branches message={message} />
          </div>
        </>
      )}
    </article>
  )
}

/** Nothing where there are none. */
export function QuestionImages({ images = [] }: { images?: readonly Attachment[] | undefined }) {
  const Images = useLazyPart(laterParts, images.length > 0)?.MessageImages
  return Images && <Images images={images} />
}

/** Nothing for images alone. */
export function QuestionBubble({ text }: { text: string }) {
  if (text === '') return null
  return (
    <div className="max-w-[85%] rounded-lg rounded-ee-sm bg-hover px-4 py-2.5 text-body">
      <PlainText text={text} />
    </div>
  )
}
