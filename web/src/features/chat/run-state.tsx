import type { ChatRun } from '@chatbot-platform/client'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useFormat } from '../../lib/format.ts'
import { useProviderName } from '../../lib/provider-name.ts'
import { useChatControl } from './chat-context.ts'
import { useBotModel } from './use-bot.ts'

interface RunStateProps {
  /** Null for an answer that another tab or device follows. */
  run: ChatRun | null
  provider: string | null
  hasText?: boolean
}

/** What an answer under way is waiting for, in words, beside a caret. As high as the actions that take its place. */
export function RunState({ run, provider, hasText = false }: RunStateProps) {
  const words = useRunWords(run, provider)
  // Where text grows, it says enough, and has the caret at its end.
  const isGrowing = hasText && (run === null || run.phase === 'streaming')
  return (
    <p className="flex min-h-8 items-center gap-2.5 text-muted pointer-coarse:min-h-11">
      {!isGrowing && (
        <>
          <span aria-hidden className="h-4 w-[3px] shrink-0 animate-skeleton rounded-full bg-text" />
          <span>{words}</span>
        </>
      )}
    </p>
  )
}

function useRunWords(run: ChatRun | null, provider: string | null): string {
  const { t } = useTranslation('chat')
  const waiting = useWaitingWords(run, provider)
  if (!run) return t('state.writing')
  switch (run.phase) {
    case 'sending':
      return t('state.sending')
    case 'waiting':
      return waiting ?? t('state.thinking')
    case 'streaming':
      return t('state.writing')
    case 'reconnecting':
      return t(run.messageId === null ? 'state.resending' : 'state.reconnecting')
    case 'stopping':
      return t('state.stopping')
    default:
      return run.phase satisfies never
  }
}

/** `Groq is busy until 12:04 · waiting (2 ahead)`; null where nothing is in the way. */
function useWaitingWords(run: ChatRun | null, answering: string | null): string | null {
  const { t } = useTranslation('chat')
  const format = useFormat()
  const { projectId } = useChatControl()
  const providerName = useProviderName()
  const usual = useBotModel(projectId).provider
  if (!run || (run.retryAt === null && run.ahead === null)) return null
  const id = answering ?? usual
  const provider = id ? providerName(id) : t('state.theProvider')
  const busy = run.retryAt
    ? t('state.busyUntil', { provider, time: format.clock(run.retryAt) })
    : t('state.busy', { provider })
  const place = run.ahead ? t('state.ahead', { count: run.ahead }) : t('state.waiting')
  return `${busy} · ${place}`
}
