import { useTranslation } from '../../i18n/use-translation.ts'
import { useFormat } from '../../lib/format.ts'
import { TextField } from '../../ui/field.tsx'

/** English prose; other languages need more tokens for a word. */
const wordsPerToken = 0.75
const wordsPerPage = 500

interface LengthFieldProps {
  /** As typed; empty follows the server. */
  value: string
  onChange: (value: string) => void
  error?: string | undefined
}

/** The length limit of an answer in tokens, and in words that mean something. */
export function LengthField({ value, onChange, error }: LengthFieldProps) {
  const { t } = useTranslation('bots')
  const hint = useLengthHint(value)
  return (
    <TextField
      label={t('length.label')}
      placeholder={t('length.placeholder')}
      inputMode="numeric"
      autoComplete="off"
      value={value}
      onChange={(event) => onChange(event.target.value)}
      hint={hint}
      error={error}
    />
  )
}

/** Null for an empty field, undefined for what is no length. */
export function parseLength(value: string): number | null | undefined {
  const digits = value.trim()
  if (digits === '') return null
  const tokens = /^\d{1,7}$/.test(digits) ? Number(digits) : 0
  return tokens >= 1 && tokens <= 1_000_000 ? tokens : undefined
}

function useLengthHint(value: string): string {
  const { t } = useTranslation('bots')
  const format = useFormat()
  const tokens = parseLength(value)
  if (!tokens) return t('length.default')
  const words = tokens * wordsPerToken
  const shown = { words: format.number(Number(words.toPrecision(2))) }
  const pages = Math.round((words / wordsPerPage) * 2) / 2
  if (pages < 1) return t('length.words', shown)
  return t('length.pages', { ...shown, count: pages, pages: format.number(Number(pages.toPrecision(2))) })
}
