import { useTranslation } from '../../i18n/use-translation.ts'
import { useFormat } from '../../lib/format.ts'

/** Of a bot's texts, in UTF-16 units; see `ProjectInput` of the contract. */
export const nameLimit = 200
export const descriptionLimit = 2000

/** Returns the sentence for a name that cannot be saved. */
export function useNameError(): (name: string) => string | undefined {
  const { t } = useTranslation('bots')
  const tooLong = useLengthError()
  return (name) => (name.trim() === '' ? t('form.nameEmpty') : tooLong(name.trim(), nameLimit))
}

/** Returns the sentence for a text that is longer than it may be. */
export function useLengthError(): (text: string, limit: number) => string | undefined {
  const { t } = useTranslation('bots')
  const format = useFormat()
  return (text, limit) =>
    text.length > limit
      ? t('form.tooLong', { limit: format.number(limit), over: format.number(text.length - limit) })
      : undefined
}
