import { type Attachment, attachmentLimits } from '@chatbot-platform/contract'
import { ArrowUp, Square } from 'lucide-react'
import { type KeyboardEvent, type Ref, type SyntheticEvent, useImperativeHandle } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../lib/class-names.ts'
import { showKeys } from '../../lib/commands.ts'
import { useFormat } from '../../lib/format.ts'
import { IconButton } from '../../ui/icon-button.tsx'
import { AttachButton } from './attach-button.tsx'
import { maxChars } from './message-limit.ts'
import { isTouchScreen, sendsMessage } from './send-key.ts'
import { useAutoHeight } from './use-auto-height.ts'
import { useDraft } from './use-draft.ts'
import { imagesIn, useImageUploads } from './use-image-uploads.ts'

export interface ComposerHandle {
  focus: () => void
  /** Adds text to what is there, to be edited. */
  add: (text: string, images?: readonly Attachment[]) => void
}

interface ComposerProps {
  projectId: string
  placeholder: string
  /** Where the draft is kept; null: nowhere. */
  place: string | null
  prefill: string | null
  run: 'none' | 'running' | 'stopping'
  isAutoFocused: boolean
  onSend: (text: string, images: readonly Attachment[]) => void
  onStop: () => void
  /** The arrow up in an empty field: change what was sent last. */
  onEditLast: () => void
  ref?: Ref<ComposerHandle>
}

/** From here on the length is shown. */
const countFrom = maxChars * 0.9

export function Composer({ projectId, place, prefill, placeholder, isAutoFocused, ref, ...actions }: ComposerProps) {
  const { t } = useTranslation('chat')
  const { run, onSend, onStop, onEditLast } = actions
  const { text, setText } = useDraft(place, prefill)
  const { uploads, chosen, Tray, change } = useImageUploads(projectId)
  const field = useAutoHeight(text)
  useImperativeHandle(ref, () => ({
    focus: () => field.current?.focus(),
    add(added, images = []) {
      if (images.length > 0) void change((uploads) => uploads.restore(images))
      setText([text, added].filter((part) => part.trim()).join('\n\n'))
      field.current?.focus()
    },
  }))
  const hasMessage = text.trim() !== '' || chosen.images.length > 0
  const isReady = hasMessage && text.length <= maxChars && chosen.images.every(({ attachment }) => attachment !== null)
  const send = () => {
    if (!isReady) return
    onSend(text.trim(), uploads?.take() ?? [])
    setText('')
    field.current?.focus()
  }
  const addFrom = (event: SyntheticEvent, data: DataTransfer) => {
    const images = imagesIn(data)
    if (images.length === 0) return
    event.preventDefault()
    void change((uploads) => uploads.add(images))
  }
  const press = (event: KeyboardEvent) => {
    if (sendsMessage(event)) send()
    else if (event.key === 'ArrowUp' && text === '' && !hasModifier(event)) onEditLast()
    else return
    event.preventDefault()
  }
  return (
    <form
      className="flex flex-col rounded-lg border border-edge bg-raised p-1.5 has-focus-visible:border-accent has-focus-visible:outline-1 has-focus-visible:outline-accent"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
      onPaste={(event) => addFrom(event, event.clipboardData)}
      onDragOver={(event) => event.dataTransfer.types.includes('Files') && event.preventDefault()}
      onDrop={(event) => addFrom(event, event.dataTransfer)}
    >
      {Tray && uploads && <Tray chosen={chosen} uploads={uploads} />}
      <div className="flex items-end gap-1">
        <AttachButton
          isFull={chosen.images.length >= attachmentLimits.perMessage}
          onChoose={(files) => void change((uploads) => uploads.add(files))}
        />
        <div className="flex min-w-0 flex-1 flex-col">
          <textarea
            ref={field}
            autoFocus={isAutoFocused && !isTouchScreen()}
            // Empty, its direction is that of the page, in whose language the placeholder is.
            dir={text === '' ? undefined : 'auto'}
            rows={1}
            aria-label={t('composer.label')}
            aria-invalid={text.length > maxChars || undefined}
            placeholder={placeholder}
            className="field-sizing-content max-h-[40vh] min-h-9 w-full resize-none bg-transparent px-2.5 py-1.5 text-[1rem] leading-normal outline-none placeholder:truncate pointer-coarse:min-h-11 pointer-coarse:py-2.5"
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={press}
          />
          <Length count={text.length} />
        </div>
        {run !== 'none' && (
          <IconButton
            icon={Square}
            label={t(run === 'stopping' ? 'composer.stopping' : 'composer.stop')}
            keys={showKeys('escape')}
            aria-disabled={run === 'stopping' || undefined}
            className="size-9 bg-hover text-text aria-disabled:opacity-60 [&>svg]:fill-current"
            onClick={onStop}
          />
        )}
        {(run === 'none' || hasMessage) && (
          <IconButton
            icon={ArrowUp}
            type="submit"
            size={20}
            label={t(run === 'none' ? 'composer.send' : 'composer.queue')}
            disabled={!isReady}
            className="size-9 bg-accent! text-on-accent! hover:bg-accent-strong!"
          />
        )}
      </div>
    </form>
  )
}

/** With one of these an arrow is a shortcut of the page or the browser. */
function hasModifier({ altKey, ctrlKey, metaKey, shiftKey }: KeyboardEvent): boolean {
  return altKey || ctrlKey || metaKey || shiftKey
}

function Length({ count }: { count: number }) {
  const { t } = useTranslation('chat')
  const format = useFormat()
  if (count < countFrom) return null
  const isTooLong = count > maxChars
  return (
    <p
      role={isTooLong ? 'alert' : undefined}
      className={cx('px-2.5 pb-1 text-sm tabular-nums', isTooLong ? 'text-danger' : 'text-muted')}
    >
      {t(isTooLong ? 'composer.tooLong' : 'composer.count', {
        count: format.number(count),
        limit: format.number(maxChars),
      })}
    </p>
  )
}
