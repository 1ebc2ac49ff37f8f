import type { Citation } from '@chatbot-platform/contract'
import { ExternalLink } from 'lucide-react'
import { useId } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { openCitation } from '../../lib/opened-passage.ts'

interface CitationListProps {
  citations: readonly Citation[]
  projectId: string
}

/** Below a finished answer: where its numbers lead. */
export function CitationList({ citations, projectId }: CitationListProps) {
  const { t } = useTranslation('chat')
  const titleId = useId()
  const sorted = [...citations].sort((a, b) => a.number - b.number)
  return (
    <section aria-labelledby={titleId} className="flex flex-col gap-0.5 border-line border-s-2 ps-3 text-sm">
      <h3 id={titleId} className="text-muted">
        {t('citations.title')}
      </h3>
      <ol className="flex flex-col">
        {sorted.map((citation) => (
          <li key={citation.number} className="flex min-w-0 items-start gap-1">
            <Source citation={citation} projectId={projectId} />
          </li>
        ))}
      </ol>
    </section>
  )
}

function Source({ citation, projectId }: { citation: Citation; projectId: string }) {
  const { t } = useTranslation('chat')
  const { number, state, file_name: name, page, heading } = citation
  if (state !== 'available') {
    return (
      <p className="min-h-8 px-1.5 py-1.5 text-muted">
        {state === 'deleted'
          ? t('citations.deleted', { number })
          : t('citations.changed', { number, name: name ?? '' })}
      </p>
    )
  }
  const place = [page === null ? null : t('citations.page', { page }), heading].filter((part) => part !== null)
  return (
    <>
      <button
        type="button"
        aria-haspopup="dialog"
        onClick={() => openCitation(citation, projectId)}
        className="flex min-h-8 min-w-0 items-center gap-2 rounded-md px-1.5 py-1 text-start transition-colors hover:bg-hover pointer-coarse:min-h-11"
      >
        <Mark number={number} />
        <span className="line-clamp-2 min-w-0">
          <bdi className="font-medium">{name}</bdi>{' '}
          <span dir="auto" className="text-muted">
            {place.join(' · ')}
          </span>
        </span>
      </button>
      <WebAddress url={citation.url} />
    </>
  )
}

function Mark({ number }: { number: number }) {
  return <span className="w-4 shrink-0 text-end text-muted tabular-nums">{number}</span>
}

/** The page of the web that the document was read from. */
function WebAddress({ url }: { url: string | null }) {
  const { t } = useTranslation('chat')
  if (url === null || !/^https?:\/\//.test(url)) return null
  return (
    <a
      href={url}
      target="_blank"
      rel="noopener noreferrer nofollow"
      aria-label={t('citations.openPage', { url })}
      title={url}
      className="inline-flex size-8 shrink-0 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text pointer-coarse:size-11"
    >
      <ExternalLink size={16} strokeWidth={1.75} aria-hidden />
    </a>
  )
}
