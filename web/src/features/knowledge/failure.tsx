import type { FileError, KnowledgeSummary } from '@chatbot-platform/contract'
import { CircleAlert } from 'lucide-react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useReason } from './file-words.ts'

interface FailureProps {
  /** What failed, as its owner calls it. */
  name: string
  error: FileError | null
  limits?: KnowledgeSummary['limits'] | undefined
}

/** Why a document or a web source could not be read and what helps, with what the server said about it. */
export function Failure({ name, error, limits }: FailureProps) {
  const { t } = useTranslation('knowledge')
  const reason = useReason(limits)
  return (
    <div className="flex flex-col gap-1 text-sm">
      <p className="flex items-start gap-1.5 text-danger">
        <CircleAlert size={16} strokeWidth={1.75} aria-hidden className="mt-px shrink-0" />
        <span className="min-w-0">{reason(error?.code ?? 'internal')}</span>
      </p>
      {error?.detail && (
        <details className="ps-5.5 text-muted">
          <summary aria-label={t('detailOf', { name })}>{t('common:detail')}</summary>
          <p dir="auto">{error.detail}</p>
        </details>
      )}
    </div>
  )
}
