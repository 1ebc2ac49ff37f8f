import type { Message } from '@chatbot-platform/contract'
import { RefreshCw } from 'lucide-react'
import { useId, useState } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../lib/class-names.ts'
import { useFormat } from '../../lib/format.ts'
import { lazyPart, useLazyPart } from '../../lib/lazy-part.ts'
import { IconButton } from '../../ui/icon-button.tsx'
import { Branches } from './branches.tsx'
import { useChatControl } from './chat-context.ts'
import { CopyButton } from './copy-button.tsx'
import { toolsClass } from './message-tools.ts'
import { Rating } from './rating.tsx'
import { Time } from './time.tsx'
import { useIsRunning } from './use-is-running.ts'

const details = lazyPart(async () => (await import('./answer-details.tsx')).AnswerDetails)

/** What can be done with a finished answer, and how it came about. */
export function AnswerTools({ message, isNewest }: { message: Message; isNewest: boolean }) {
  const { t } = useTranslation('chat')
  const { chat } = useChatControl()
  const isRunning = useIsRunning()
  const [areDetailsOpen, setDetailsOpen] = useState(false)
  const detailsId = useId()
  const Details = useLazyPart(details, areDetailsOpen)
  return (
    <>
      <div className="-ms-2 flex min-h-8 flex-wrap items-center gap-x-1 pointer-coarse:min-h-11">
        <Branches message={message} />
        <div role="toolbar" aria-label={t('message.tools')} className={toolsClass(isNewest || areDetailsOpen)}>
          {message.content !== '' && <CopyButton text={message.content} label={t('message.copy')} />}
          <IconButton
            icon={RefreshCw}
            label={t('message.regenerate')}
            disabled={isRunning}
            onClick={() => chat.regenerate(message.id)}
          />
          {message.content !== '' && <Rating message={message} />}
        </div>
        <div className={cx(toolsClass(isNewest || areDetailsOpen), 'ms-auto min-w-0 gap-x-2')}>
          <DetailsButton
            message={message}
            isOpen={Details !== null}
            detailsId={detailsId}
            onPress={() => setDetailsOpen(!areDetailsOpen)}
          />
          <Time time={message.timestamp} className="max-md:hidden" />
        </div>
      </div>
      {Details && <Details id={detailsId} message={message} />}
    </>
  )
}

interface DetailsButtonProps {
  message: Message
  isOpen: boolean
  detailsId: string
  onPress: () => void
}

function DetailsButton({ message, isOpen, detailsId, onPress }: DetailsButtonProps) {
  const { t } = useTranslation('chat')
  const format = useFormat()
  const { model, completion_tokens: count } = message
  if (model === null) return null
  const tokens = count === null ? null : t('details.tokens', { count, shown: format.compact(count) })
  return (
    <button
      type="button"
      aria-expanded={isOpen}
      aria-controls={isOpen ? detailsId : undefined}
      onClick={onPress}
      className="min-h-8 min-w-0 truncate rounded-md px-2 text-muted text-sm tabular-nums transition-colors hover:bg-hover hover:text-text pointer-coarse:min-h-11"
    >
      <span className="sr-only">{t('details.about')} </span>
      {tokens === null ? model : t('details.summary', { model, tokens })}
    </button>
  )
}
