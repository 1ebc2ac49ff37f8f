import type { UsageReport } from '@chatbot-platform/contract'
import { type ReactNode, useMemo } from 'react'
import { useTranslation } from '../../i18n/use-translation.ts'
import { cx } from '../../lib/class-names.ts'
import { useFormat } from '../../lib/format.ts'
import { UsagePlot } from './usage-plot.tsx'
import { barsOf } from './use-usage.ts'

/** Tokens and cost over time. */
export function UsagePlots({ report }: { report: UsageReport }) {
  const { t, language } = useTranslation('usage')
  const format = useFormat()
  const plotted = useMemo(() => prepare(report, language), [report, language])
  const { totals } = report
  const range = { from: format.day(report.from), to: format.day(report.to) }
  const { isByWeek } = plotted
  const timeOf = ({ from, to }: { from: string; to: string }) =>
    isByWeek ? t('week', { from: format.day(from), to: format.day(to) }) : format.day(from)
  return (
    <>
      <PlotFrame
        title={t(isByWeek ? 'tokensByWeek' : 'tokensByDay')}
        legend={
          <span className="flex gap-4 text-muted text-sm">
            <LegendEntry label={t('columns.input')} className="bg-edge" />
            <LegendEntry label={t('columns.output')} className="bg-accent" />
          </span>
        }
      >
        <UsagePlot
          sentence={t('tokensSentence', {
            ...range,
            input: format.number(totals.prompt_tokens),
            output: format.number(totals.completion_tokens),
          })}
          labels={plotted.labels}
          layers={plotted.tokens}
          valueLabel={format.compact}
          barText={(index) => {
            const bar = plotted.bars[index]
            if (!bar) return ''
            const counts = { input: format.number(bar.prompt_tokens), output: format.number(bar.completion_tokens) }
            return t('tokensOf', { time: timeOf(bar), ...counts })
          }}
        />
      </PlotFrame>
      <PlotFrame title={t(isByWeek ? 'costByWeek' : 'costByDay')}>
        <UsagePlot
          sentence={t('costSentence', {
            ...range,
            cost: totals.cost === null ? t('unknownCost') : format.money(totals.cost),
          })}
          labels={plotted.labels}
          layers={plotted.cost}
          valueLabel={format.money}
          barText={(index) => {
            const bar = plotted.bars[index]
            return bar ? t('costOf', { time: timeOf(bar), cost: format.money(bar.cost) }) : ''
          }}
        />
      </PlotFrame>
    </>
  )
}

/** The same objects for the same report, because a plot is drawn anew when its data change. */
function prepare(report: UsageReport, language: string) {
  const { isByWeek, bars } = barsOf(report)
  const short = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', timeZone: 'UTC' })
  return {
    isByWeek,
    bars,
    labels: bars.map(({ from }) => short.format(Date.parse(from))),
    tokens: [
      { values: bars.map((bar) => bar.prompt_tokens + bar.completion_tokens), ink: '--color-accent' as const },
      { values: bars.map((bar) => bar.prompt_tokens), ink: '--color-edge' as const },
    ],
    cost: [{ values: bars.map(({ cost }) => cost), ink: '--color-accent' as const }],
  }
}

function PlotFrame({ title, legend, children }: { title: string; legend?: ReactNode; children: ReactNode }) {
  return (
    <section className="flex min-w-0 flex-col gap-2">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h3 className="font-medium">{title}</h3>
        {legend}
      </div>
      {children}
    </section>
  )
}

function LegendEntry({ label, className }: { label: string; className: string }) {
  return (
    <span className="flex items-center gap-1.5">
      <span aria-hidden className={cx('size-2.5 rounded-sm', className)} />
      {label}
    </span>
  )
}
