import { useMemo } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../lib/class-names.ts'
import { type DiffLine, diffTexts } from './line-diff.ts'

interface TextDiffProps {
  before: string
  after: string
  /** What is compared, for a screen reader. */
  label: string
}

/** The lines that were added and removed, with the words that differ; long equal stretches are folded. */
export function TextDiff({ before, after, label }: TextDiffProps) {
  const { t } = useTranslation('bots')
  const { added, removed, blocks } = useMemo(() => diffTexts(before, after), [before, after])
  if (added + removed === 0) return <p className="text-muted">{t('diff.same')}</p>
  return (
    <section aria-label={label} className="overflow-hidden rounded-md border border-line">
      <p className="flex flex-wrap gap-x-4 border-line border-b bg-panel px-3 py-1.5 text-sm">
        <span className="text-success">{t('diff.added', { count: added })}</span>
        <span className="text-danger">{t('diff.removed', { count: removed })}</span>
      </p>
      <div dir="auto" className="bg-raised py-1 text-sm leading-relaxed">
        {blocks.map(({ id, isFolded, lines }) =>
          isFolded ? (
            <details key={id}>
              <summary className="bg-panel px-3 py-1 text-muted">
                {t('diff.unchanged', { count: lines.length })}
              </summary>
              <Lines lines={lines} />
            </details>
          ) : (
            <Lines key={id} lines={lines} />
          ),
        )}
      </div>
    </section>
  )
}

const looks = {
  same: { sign: '', line: '', mark: '' },
  added: { sign: '+', line: 'bg-success-soft', mark: 'bg-success/25' },
  removed: { sign: '−', line: 'bg-danger-soft', mark: 'bg-danger/25' },
}

function Lines({ lines }: { lines: DiffLine[] }) {
  return (
    <ul>
      {lines.map((line) => (
        <Line key={line.id} {...line} />
      ))}
    </ul>
  )
}

function Line({ kind, pieces }: DiffLine) {
  const { t } = useTranslation('bots')
  const { sign, line, mark } = looks[kind]
  return (
    <li className={cx('flex gap-2 px-3', line)}>
      <span aria-hidden className="w-3 shrink-0 select-none text-center text-muted">
        {sign}
      </span>
      <span className="min-w-0 flex-1 whitespace-pre-wrap">
        {kind !== 'same' && (
          <span className="sr-only">{t(kind === 'added' ? 'diff.lineAdded' : 'diff.lineRemoved')} </span>
        )}
        {pieces.map(({ at, text, isMarked }) =>
          isMarked ? (
            <mark key={at} className={cx('rounded-xs text-text underline', mark)}>
              {text}
            </mark>
          ) : (
            text
          ),
        )}
        {/* Keeps the height of an empty line. */}
        {'\u200B'}
      </span>
    </li>
  )
}
