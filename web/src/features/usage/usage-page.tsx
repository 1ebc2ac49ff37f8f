import type { UsageReport } from '@chatbot-platform/contract'
import { ChartColumn, Download } from 'lucide-react'
import { lazy, Suspense, useId } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { saveFile } from '../../lib/download.ts'
import { Link } from '../../lib/router/link.tsx'
import { Button, buttonClass } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Page } from '../../ui/page.tsx'
import { QueryStates } from '../../ui/query-states.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { Skeleton, SkeletonRows } from '../../ui/skeleton.tsx'
import { BudgetsSection } from './budgets-section.tsx'
import { usageCsv } from './usage-csv.ts'
import { UsageTable } from './usage-table.tsx'
import { UsageTotals } from './usage-totals.tsx'
import { groupings, ranges, useUsage, useUsageChoice } from './use-usage.ts'

const UsagePlots = lazy(async () => ({ default: (await import('./usage-plots.tsx')).UsagePlots }))

/** What answers may use, and what those of the last days did: as figures, plots and a table. */
export function UsagePage() {
  const { t } = useTranslation('usage')
  return (
    <Page title={t('pageTitle')} lead={t('lead')}>
      <BudgetsSection />
      <OverTime />
    </Page>
  )
}

function OverTime() {
  const { t } = useTranslation('usage')
  const { days, choose } = useUsageChoice()
  const byDay = useUsage(days, 'day')
  const titleId = useId()
  return (
    <section aria-labelledby={titleId} className="flex flex-col gap-6 border-line border-t pt-6">
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <h2 id={titleId} className="font-semibold text-[1rem]">
          {t('overTime')}
        </h2>
        <Segmented
          label={t('range')}
          value={days}
          options={ranges.map((value) => ({ value, label: t(`ranges.${value}`) }))}
          onChange={(value) => choose('days', value)}
        />
      </div>
      <QueryStates query={byDay} loading={<Loading />}>
        {(report) => (report.totals.turns === 0 ? <Nothing /> : <Report byDay={report} />)}
      </QueryStates>
    </section>
  )
}

function Report({ byDay }: { byDay: UsageReport }) {
  const { t } = useTranslation('usage')
  const { days, by, choose } = useUsageChoice()
  const grouped = useUsage(days, by)
  return (
    <div className="flex flex-col gap-8">
      <UsageTotals totals={byDay.totals} />
      <Suspense fallback={<PlotsLoading />}>
        <UsagePlots report={byDay} />
      </Suspense>
      <div className="flex flex-col gap-3">
        <div className="flex flex-wrap items-center justify-between gap-3">
          <Segmented
            label={t('groupBy')}
            value={by}
            options={groupings.map((value) => ({ value, label: t(`groups.${value}`) }))}
            onChange={(value) => choose('by', value)}
          />
          <Button disabled={!grouped.data} onClick={() => grouped.data && download(grouped.data)}>
            <Download size={16} strokeWidth={1.75} aria-hidden />
            {t('download')}
          </Button>
        </div>
        <QueryStates query={grouped} loading={<SkeletonRows />}>
          {/* While another grouping is on its way the rows are still those of the old one. */}
          {(report) => <UsageTable report={report} by={report.group_by[0] ?? by} />}
        </QueryStates>
      </div>
    </div>
  )
}

function Nothing() {
  const { t } = useTranslation('usage')
  const action = (
    <Link to="/app/bots" className={buttonClass('secondary')}>
      {t('emptyAction')}
    </Link>
  )
  return <EmptyState icon={ChartColumn} text={t('empty')} action={action} />
}

function Loading() {
  return (
    <div className="flex flex-col gap-8">
      <div className="grid grid-cols-2 gap-x-8 gap-y-5 lg:grid-cols-4">
        {['turns', 'input', 'output', 'cost'].map((figure) => (
          <Skeleton key={figure} className="h-12" />
        ))}
      </div>
      <PlotsLoading />
      <SkeletonRows />
    </div>
  )
}

function PlotsLoading() {
  return (
    <>
      <Skeleton className="h-62" />
      <Skeleton className="h-62" />
    </>
  )
}

function download(report: UsageReport): void {
  const name = `usage-${report.from}-${report.to}-by-${report.group_by.join('-')}.csv`
  saveFile(new Blob([usageCsv(report)], { type: 'text/csv' }), name)
}
