import type { ErrorCode, Message } from '@chatbot-platform/contract'
import { CircleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { problemText } from '../../lib/problems.ts'
import { Link } from '../../lib/router/link.tsx'
import { Button, buttonClass } from '../../ui/button.tsx'
import { useChatControl } from './chat-context.ts'
import { useIsRunning } from './use-is-running.ts'

/** Failures whose way out is in the settings of the bot. */
const settingsHelp = new Set<ErrorCode>([
  'provider_auth',
  'provider_refused',
  'provider_model_not_found',
  'provider_not_configured',
  'provider_context_length',
])

/** How an answer ended, where it did not simply end: what happened, and the next step. */
export function AnswerEnd({ message }: { message: Message }) {
  const { t } = useTranslation('chat')
  const { state, content, finish_reason: reason } = message
  const hasText = content !== ''
  switch (state) {
    case 'cancelled':
      return (
        <Ended text={t(hasText ? 'state.cancelled' : 'state.cancelledBefore')}>
          {hasText && <Continue message={message} />}
        </Ended>
      )
    case 'interrupted':
      return (
        <Ended text={t('state.interrupted')}>
          <Continue message={message} />
        </Ended>
      )
    case 'failed':
      return <Failed message={message} />
    case 'complete':
      if (reason === 'length') {
        return (
          <Ended text={t('state.length')}>
            <Continue message={message} />
          </Ended>
        )
      }
      if (reason === 'content_filter') return <Ended text={t('state.contentFilter')} />
      return hasText ? null : <Ended text={t('state.empty')} />
    default:
      return null
  }
}

function Ended({ text, children }: { text: string; children?: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-muted">
      <p>{text}</p>
      {children}
    </div>
  )
}

function Continue({ message }: { message: Message }) {
  const { t } = useTranslation('chat')
  const { chat } = useChatControl()
  const isRunning = useIsRunning()
  return (
    <Button disabled={isRunning} onClick={() => chat.continueAnswer(message.id)}>
      {t('state.continue')}
    </Button>
  )
}

function Failed({ message }: { message: Message }) {
  const { t, language } = useTranslation('chat')
  const { t: errors } = useTranslation('errors')
  const { chat, projectId } = useChatControl()
  const isRunning = useIsRunning()
  const { id, content, error_code: code } = message
  const text = problemText(errors, language, {
    code: code ?? 'internal',
    detail: '',
    retryAfterSeconds: null,
  })
  const again = () => {
    const { failure } = chat.getSnapshot()
    if (failure?.retry && failure.problem.messageId === id) chat.retry()
    else chat.regenerate(id)
  }
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-md bg-danger-soft px-3 py-2.5">
      <CircleAlert size={16} strokeWidth={1.75} aria-hidden className="shrink-0 text-danger" />
      <p className="min-w-48 flex-1">{text}</p>
      <div className="flex flex-wrap gap-2">
        {content !== '' && <Continue message={message} />}
        <Button disabled={isRunning} onClick={again}>
          {t('state.tryAgain')}
        </Button>
        {code && settingsHelp.has(code) && (
          <Link to={`/app/bots/${projectId}`} className={buttonClass()}>
            {t('state.openSettings')}
          </Link>
        )}
      </div>
    </div>
  )
}
