import type { KnowledgeSummary } from '@chatbot-platform/contract'
import type { ReactNode } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { useFormat } from '../../lib/format.ts'
import { useBytes } from './file-words.ts'

/** What a bot knows in figures, and how much room is left. */
export function KnowledgeFigures({ summary }: { summary: KnowledgeSummary }) {
  const { t } = useTranslation('knowledge')
  const format = useFormat()
  const bytes = useBytes()
  const { files, limits, embedding } = summary
  const count = files.ready + files.under_way + files.failed
  const states = [
    files.under_way > 0 ? t('figures.underWay', { count: files.under_way }) : null,
    files.failed > 0 ? t('figures.failed', { count: files.failed }) : null,
  ].filter((part) => part !== null)
  return (
    <dl className="grid grid-cols-2 gap-x-8 gap-y-4 border-line border-y py-4 lg:grid-cols-4">
      <Figure
        name={t('documents')}
        value={t('figures.of', { used: format.number(count), limit: format.number(limits.project_files) })}
      >
        <span role="status">{states.join(', ')}</span>
      </Figure>
      <Figure name={t('figures.passages')} value={format.number(summary.passages)} />
      <Figure
        name={t('figures.size')}
        value={t('figures.of', { used: bytes(summary.bytes), limit: bytes(limits.project_bytes) })}
      />
      <Figure name={t('figures.search')} value={t(embedding ? 'figures.meaning' : 'figures.words')}>
        {embedding && <bdi>{embedding.model}</bdi>}
      </Figure>
    </dl>
  )
}

function Figure({ name, value, children }: { name: string; value: string; children?: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-muted text-sm">{name}</dt>
      <dd className="font-medium tabular-nums">{value}</dd>
      <dd className="text-muted text-sm empty:hidden">{children}</dd>
    </div>
  )
}
