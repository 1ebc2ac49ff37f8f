import type { Passage } from '@chatbot-platform/contract'
import { useTranslation } from '../../i18n/use-translation.ts'

/** `Page 3 · Prices › Returns`; empty where a document has neither pages nor headings. */
export function usePlaceWords(): (passage: Pick<Passage, 'page' | 'heading'>) => string {
  const { t } = useTranslation('knowledge')
  return ({ page, heading }) =>
    [page === null ? null : t('passages.page', { page }), heading].filter((part) => part !== null).join(' · ')
}
