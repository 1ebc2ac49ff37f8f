import { useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { useTheme } from '../../lib/theme.ts'
import { useMedia } from '../../lib/use-media.ts'

/** Heights and distances in pixels. */
const plotHeight = 200
const axisHeight = 28
const labelSpace = 72
const characterWidth = 7

/** A colour token of the page. */
export type Ink = '--color-accent' | '--color-edge'

interface UsagePlotProps {
  /** What is to be seen, for who cannot see it. */
  sentence: string
  /** The labels below the bars. */
  labels: string[]
  /** One list of values for each layer, drawn one over the other: the greater first. */
  layers: { values: number[]; ink: Ink }[]
  valueLabel: (value: number) => string
  /** What is said about the bar under the pointer. */
  barText: (index: number) => string
}

/** Bars on a canvas, in the colours of the theme, and what the one under the pointer stands for. */
export function UsagePlot({ barText, ...drawing }: UsagePlotProps) {
  const [pointed, setPointed] = useState<number | null>(null)
  const [theme] = useTheme()
  const isDark = useMedia('(prefers-color-scheme: dark)')
  return (
    <div>
      {/* Drawn anew in the colours of another theme. */}
      <Bars key={`${theme} ${isDark}`} {...drawing} onPoint={setPointed} />
      <p aria-hidden className="min-h-5 text-muted text-sm tabular-nums">
        {pointed === null ? '' : barText(pointed)}
      </p>
    </div>
  )
}

interface Drawing extends Pick<UsagePlotProps, 'labels' | 'layers' | 'valueLabel'> {
  onPoint: (index: number | null) => void
}

function Bars({ sentence, labels, layers, valueLabel, onPoint }: Drawing & { sentence: string }) {
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = ref.current
    if (!element) return
    const plot = new uPlot(
      optionsOf(element, { labels, layers, valueLabel, onPoint }),
      [labels.map((_, index) => index), ...layers.map(({ values }) => values)],
      element,
    )
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: plotHeight }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      plot.destroy()
    }
  }, [labels, layers, valueLabel, onPoint])
  return <div ref={ref} role="img" aria-label={sentence} dir="ltr" className="h-50 w-full overflow-hidden" />
}

function optionsOf(element: HTMLElement, { labels, layers, valueLabel, onPoint }: Drawing): uPlot.Options {
  const ink = (name: string) => resolvedColor(element, name)
  const { fontFamily } = getComputedStyle(element)
  const axis = { font: `12px ${fontFamily}`, stroke: ink('--color-muted'), ticks: { show: false } }
  const bars = uPlot.paths.bars?.({ size: [0.72, 36] })
  return {
    width: element.clientWidth,
    height: plotHeight,
    padding: [8, 24, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: [-0.6, labels.length - 0.4] },
      y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.05 : 1] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: axisHeight,
        splits: (plot) => labelledBars(labels.length, plot.width),
        values: (_plot, splits) => splits.map((index) => labels[index] ?? ''),
      },
      {
        ...axis,
        grid: { stroke: ink('--color-line'), width: 1 },
        size: (_plot, values) => Math.max(...(values ?? ['']).map((value) => value.length), 3) * characterWidth + 12,
        values: (_plot, splits) => splits.map(valueLabel),
      },
    ],
    series: [
      {},
      ...layers.map((layer) => ({ fill: ink(layer.ink), width: 0, points: { show: false }, ...paths(bars) })),
    ],
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)] },
  }
}

function paths(build: uPlot.Series.PathBuilder | undefined): Pick<uPlot.Series, 'paths'> {
  return build ? { paths: build } : {}
}

/** As many bars as have room for their label, the last one always. */
function labelledBars(count: number, width: number): number[] {
  const step = Math.max(1, Math.ceil((count * labelSpace) / Math.max(width - labelSpace, labelSpace)))
  return Array.from({ length: Math.ceil(count / step) }, (_, index) => count - 1 - index * step).reverse()
}

/** The colour that a token has in the present theme; a canvas knows no tokens. */
function resolvedColor(parent: HTMLElement, name: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${name})`
  parent.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}
