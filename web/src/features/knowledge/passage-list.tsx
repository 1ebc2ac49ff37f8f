import type { Passage } from '@chatbot-platform/contract'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../lib/class-names.ts'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { QueryStates } from '../../ui/query-states.tsx'
import { SkeletonRows } from '../../ui/skeleton.tsx'
import { usePlaceWords } from './place-words.ts'
import { usePassages } from './use-passages.ts'

interface PassageListProps {
  projectId: string
  fileId: string
  /** The passage to show among those around it, from 0; null: from the beginning. */
  marked: number | null
  pageSize: number
}

/** The text of a document as it was read, passage by passage; more of it comes on demand, in both directions. */
export function PassageList({ marked, ...given }: PassageListProps) {
  const { t } = useTranslation('knowledge')
  const passages = usePassages({ ...given, around: marked })
  return (
    <QueryStates query={passages} loading={<SkeletonRows count={3} className="h-32" />}>
      {(found) =>
        found.length === 0 ? (
          <EmptyState text={t('passages.none')} />
        ) : (
          <div className="flex flex-col gap-3">
            {passages.hasPreviousPage && (
              <Button
                className="self-center"
                busy={passages.isFetchingPreviousPage}
                onClick={() => void passages.fetchPreviousPage()}
              >
                {t('passages.earlier')}
              </Button>
            )}
            <ol aria-label={t('passages.title')} className="flex flex-col gap-3">
              {found.map((passage) => (
                <PassageItem key={passage.ordinal} passage={passage} isMarked={passage.ordinal === marked} />
              ))}
            </ol>
            {passages.hasNextPage && (
              <Button
                className="self-center"
                busy={passages.isFetchingNextPage}
                onClick={() => void passages.fetchNextPage()}
              >
                {t('passages.later')}
              </Button>
            )}
          </div>
        )
      }
    </QueryStates>
  )
}

function PassageItem({ passage, isMarked }: { passage: Passage; isMarked: boolean }) {
  const { t } = useTranslation('knowledge')
  const placeWords = usePlaceWords()
  const { text, ordinal, language } = passage
  return (
    <li
      ref={isMarked ? showOnce : undefined}
      aria-current={isMarked || undefined}
      className={cx('rounded-md border px-4 py-3', isMarked ? 'border-accent bg-accent-soft' : 'border-line')}
    >
      <p className="flex flex-wrap justify-between gap-x-4 text-muted text-sm">
        <span dir="auto" className="min-w-0">
          {placeWords(passage)}
        </span>
        <span className="shrink-0 tabular-nums">{t('passages.number', { number: ordinal + 1 })}</span>
      </p>
      <p dir="auto" lang={language === 'und' ? undefined : language} className="mt-1 whitespace-pre-wrap text-body">
        {text}
      </p>
    </li>
  )
}

/** As a ref it is called when the passage appears, and not when the list around it grows. */
function showOnce(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: 'center' })
}
