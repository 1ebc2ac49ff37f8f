import type { UsageGrouping, UsageReport, UsageRow, UsageSums } from '@chatbot-platform/contract'
import type { ReactNode } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../lib/class-names.ts'
import { useFormat } from '../../lib/format.ts'
import { useProjects } from '../../lib/queries/projects.ts'
import { useMedia } from '../../lib/use-media.ts'

const numberCell = 'py-2 text-end align-top tabular-nums md:ps-4 md:whitespace-nowrap'

/** From here on there is room for numbers in full; below, names stand above their figures. */
const roomy = '(min-width: 640px)'

/** The figures row by row: days from the latest on, bots and models by their tokens. */
export function UsageTable({ report, by }: { report: UsageReport; by: UsageGrouping }) {
  const { t } = useTranslation('usage')
  const isRoomy = useMedia(roomy)
  return (
    <table aria-label={t('table')} className="w-full table-fixed border-collapse md:table-auto">
      <thead>
        <tr className="border-line border-b text-muted text-sm">
          {isRoomy && (
            <th scope="col" className="py-2 text-start font-medium">
              {t(`columns.${by}`)}
            </th>
          )}
          {(['turns', 'input', 'output', 'cost'] as const).map((column) => (
            <th key={column} scope="col" className={cx(numberCell, 'font-medium')}>
              {t(`columns.${column}`)}
            </th>
          ))}
        </tr>
      </thead>
      {ordered(report.rows, by).map((row) => (
        <Figures key={`${row.day} ${row.project_id} ${row.provider} ${row.model}`} sums={row} isRoomy={isRoomy}>
          <RowName row={row} by={by} />
        </Figures>
      ))}
      <Figures sums={report.totals} isRoomy={isRoomy} className="border-b-0 font-medium">
        {t('total')}
      </Figures>
    </table>
  )
}

interface FiguresProps {
  sums: UsageSums
  /** Room for the name beside the figures; else it stands above them. */
  isRoomy: boolean
  className?: string
  /** The name. */
  children: ReactNode
}

function Figures({ sums, isRoomy, className, children }: FiguresProps) {
  const name = (
    <th
      scope={isRoomy ? 'row' : 'rowgroup'}
      colSpan={isRoomy ? 1 : 4}
      className={cx('max-w-80 pt-2 text-start align-top [font-weight:inherit]', isRoomy && 'pb-2')}
    >
      {children}
    </th>
  )
  return (
    <tbody className={cx('border-line border-b', className)}>
      {!isRoomy && <tr>{name}</tr>}
      <tr>
        {isRoomy && name}
        <Sums sums={sums} count={isRoomy ? 'number' : 'compact'} />
      </tr>
    </tbody>
  )
}

function RowName({ row, by }: { row: UsageRow; by: UsageGrouping }): ReactNode {
  const { t } = useTranslation('usage')
  const format = useFormat()
  const { data: projects } = useProjects()
  if (by === 'day') return row.day ? format.day(row.day) : null
  if (by === 'model') {
    if (!row.model) return <span className="text-muted">{t('noModel')}</span>
    return (
      <>
        <span dir="auto">{row.model}</span> <span className="text-muted text-sm">{row.provider}</span>
      </>
    )
  }
  const isDeleted = projects !== undefined && !projects.some(({ id }) => id === row.project_id)
  return (
    <>
      <span dir="auto">{row.project_name}</span>{' '}
      {isDeleted && <span className="text-muted text-sm">{t('deletedBot')}</span>}
    </>
  )
}

function Sums({ sums, count }: { sums: UsageSums; count: 'number' | 'compact' }) {
  const { t } = useTranslation('usage')
  const format = useFormat()
  const { cost, unpriced_turns: unpriced } = sums
  return (
    <>
      <td className={numberCell}>{format[count](sums.turns)}</td>
      <td className={numberCell}>{format[count](sums.prompt_tokens)}</td>
      <td className={numberCell}>{format[count](sums.completion_tokens)}</td>
      <td className={numberCell}>
        {cost === null ? <span className="text-muted">{t('unknownCost')}</span> : format.money(cost)}
        {cost !== null && unpriced > 0 && (
          <span className="block text-muted text-xs">{t('unpricedShort', { count: unpriced })}</span>
        )}
      </td>
    </>
  )
}

function ordered(rows: UsageRow[], by: UsageGrouping): UsageRow[] {
  if (by === 'day') return rows.toReversed()
  const tokens = (row: UsageRow) => row.prompt_tokens + row.completion_tokens
  return rows.toSorted((a, b) => tokens(b) - tokens(a))
}
