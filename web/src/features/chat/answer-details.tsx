import type { ErrorCode, Message } from '@chatbot-platform/contract'
import type { Translate } from '../../i18n/translate.ts'
import { useTranslation } from '../../i18n/use-translation.ts'
import { type Format, useFormat } from '../../lib/format.ts'
import { useProviderName } from '../../lib/provider-name.ts'

/** How an answer came about: who wrote it, what it took, and why this one. */
export function AnswerDetails({ id, message }: { id: string; message: Message }) {
  const { t, language } = useTranslation('chat')
  const { t: errors } = useTranslation('errors')
  const format = useFormat()
  const providerName = useProviderName()
  const provider = message.provider && providerName(message.provider)
  const facts = [
    ...factsOf({ ...message, provider }, { t, format, language }),
    [t('details.why'), whyWords(message, t, errors)],
  ]
  return (
    <dl
      id={id}
      className="animate-appear grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5 rounded-md border border-line px-4 py-3 text-sm"
    >
      {facts.map(([name, value]) =>
        value ? (
          <div key={name} className="col-span-2 grid grid-cols-subgrid">
            <dt className="text-muted">{name}</dt>
            <dd className="tabular-nums">{value}</dd>
          </div>
        ) : null,
      )}
    </dl>
  )
}

type Fact = [name: string, value: string | null]

interface Words {
  t: Translate<'chat'>
  format: Format
  language: string
}

function factsOf(message: Message, { t, format, language }: Words): Fact[] {
  const { model, provider, prompt_tokens: read, completion_tokens: written, cost } = message
  // Absent from answers of older servers.
  const firstTokenMs: number | null | undefined = message.first_token_ms
  return [
    [t('details.model'), model],
    [t('details.provider'), provider],
    [t('details.promptTokens'), read === null ? null : format.number(read)],
    [t('details.completionTokens'), written === null ? null : format.number(written)],
    [t('details.cost'), cost === null ? t('details.costUnknown') : format.money(cost)],
    [t('details.firstToken'), firstTokenMs == null ? null : durationWords(firstTokenMs, format, language)],
    [t('details.written'), format.exact(message.timestamp)],
  ]
}

function durationWords(durationMs: number, format: Format, language: string): string {
  if (durationMs >= 1000) return format.seconds(durationMs)
  return new Intl.NumberFormat(language, { style: 'unit', unit: 'millisecond' }).format(durationMs)
}

const fallbackPrefix = 'fallback_after_'

function whyWords({ served_because: because }: Message, t: Translate<'chat'>, errors: Translate<'errors'>) {
  if (because === null) return null
  if (!because.startsWith(fallbackPrefix)) return t('details.firstChoice')
  const code = because.slice(fallbackPrefix.length) as ErrorCode
  return t('details.fallback', { reason: errors(code) })
}
