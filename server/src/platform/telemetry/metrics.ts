import type { Registry } from 'prom-client'

/** Label values by label name; every label comes from a set that is known beforehand. */
export type Labels<Name extends string> = Record<Name, string>

export interface Counter<Name extends string> {
  add(labels: Labels<Name>, amount?: number): void
}

export interface Histogram<Name extends string> {
  observe(labels: Labels<Name>, value: number): void
}

/** The numbers of this process, in the words of Prometheus. */
export interface Metrics {
  counter<Name extends string>(name: string, help: string, labels: readonly Name[]): Counter<Name>
  /** `buckets`: upper bounds, ascending. */
  histogram<Name extends string>(
    name: string,
    help: string,
    labels: readonly Name[],
    buckets: number[],
  ): Histogram<Name>
  /** `read` is called for each scrape, so a gauge costs nothing in between. */
  gauge<Name extends string>(
    name: string,
    help: string,
    labels: readonly Name[],
    read: () => Iterable<[Labels<Name>, number]>,
  ): void
  /** The text exposition format. */
  text(): Promise<string>
  readonly contentType: string
  /** For looking up which metrics and labels there are. */
  readonly registry: Registry
}

/** Opens a registry with what Node says about its process: CPU, memory, descriptors, event loop, garbage collection. */
export async function openMetrics(): Promise<Metrics> {
  const prometheus = await import('prom-client')
  const registry = new prometheus.Registry()
  const registers = [registry]
  prometheus.collectDefaultMetrics({ register: registry })
  return {
    registry,
    contentType: registry.contentType,
    text: () => registry.metrics(),
    counter(name, help, labelNames) {
      const counter = new prometheus.Counter({ name, help, labelNames, registers })
      return { add: (labels, amount = 1) => counter.inc(labels, amount) }
    },
    histogram(name, help, labelNames, buckets) {
      const histogram = new prometheus.Histogram({ name, help, labelNames, buckets, registers })
      return { observe: (labels, value) => histogram.observe(labels, value) }
    },
    gauge(name, help, labelNames, read) {
      const gauge = new prometheus.Gauge({
        name,
        help,
        labelNames,
        registers,
        collect() {
          gauge.reset()
          for (const [labels, value] of read()) gauge.set(labels, value)
        },
      })
    },
  }
}
