import type { Citation } from '@chatbot-platform/contract'
import { useMemo } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { openCitation } from '../../lib/opened-passage.ts'
import type { DrawMark } from '../../markdown/citation-marks.ts'
import { Tooltip } from '../../ui/tooltip.tsx'
import './citation-chip.css'

/** What draws the numbers in an answer that stand for passages; null where it has none. */
export function useCitationMarks(citations: readonly Citation[] | undefined, projectId: string): DrawMark | null {
  return useMemo(() => {
    if (!citations?.length) return null
    const known = new Map(citations.map((citation) => [citation.number, citation]))
    return (number) => {
      const citation = known.get(number)
      return citation ? <CitationChip citation={citation} projectId={projectId} /> : null
    }
  }, [citations, projectId])
}

interface CitationProps {
  citation: Citation
  projectId: string
}

/** A number that opens the passage it stands for, or says why there is nothing to open. */
function CitationChip({ citation, projectId }: CitationProps) {
  const words = useCitationWords()(citation)
  const { number, state } = citation
  return (
    <Tooltip text={words}>
      <button
        type="button"
        aria-label={words}
        aria-disabled={state !== 'available' || undefined}
        aria-haspopup={state === 'available' ? 'dialog' : undefined}
        className="citation-chip"
        onClick={() => openCitation(citation, projectId)}
      >
        {/* Copied with the text around it, it is what the answer says. */}
        <span className="sr-only">[</span>
        {number}
        <span className="sr-only">]</span>
      </button>
    </Tooltip>
  )
}

/** `Source 1: handbook.pdf, page 3`, or what has become of it. */
function useCitationWords(): (citation: Citation) => string {
  const { t } = useTranslation('chat')
  return ({ number, state, file_name: name, page }) => {
    if (state === 'deleted') return t('citations.deleted', { number })
    if (state === 'changed') return t('citations.changed', { number, name: name ?? '' })
    const place = page === null ? (name ?? '') : t('citations.onPage', { name: name ?? '', page })
    return t('citations.source', { number, place })
  }
}
