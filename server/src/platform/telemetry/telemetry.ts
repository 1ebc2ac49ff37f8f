/** What a span says of its work: sizes, names and codes, never the content of a message. `undefined` is left out. */
export type SpanAttributes = Record<string, string | number | boolean | string[] | undefined>

export interface SpanOptions {
  /** `server` for a request we answer, `client` for one we make. Default: work inside the process. */
  kind?: 'server' | 'client'
  attributes?: SpanAttributes
  /** A W3C `traceparent` of a caller that is believed; without one the current span is the parent. */
  traceparent?: string | undefined
}

/** One piece of work in a trace. */
export interface Span {
  set(attributes: SpanAttributes): void
  /** Marks it as failed; `code` names the kind of failure. */
  fail(code: string): void
  end(): void
}

/** Where a fault of ours came up: names and ids. */
export type FaultContext = Record<string, string | undefined>

/**
 * What the server tells the outside world about its own work, whoever listens. Without a listener all of it does
 * nothing: see {@link silentTelemetry}.
 */
export interface Telemetry {
  /** Whether anybody collects spans; where not, a hot path need not make any. */
  readonly tracing: boolean
  /** Whether anybody collects faults. */
  readonly reportsFaults: boolean
  /** Begins a span under the one in whose {@link within} it is called. Whoever starts a span ends it. */
  startSpan(name: string, options?: SpanOptions): Span
  /** Calls `work` at once, with `span` as the current one of all that it starts. */
  within<T>(span: Span, work: () => T): T
  /** Reports an error that is nobody's but ours. */
  reportFault(error: unknown, context: FaultContext): void
  /** Sends what has not been sent yet, for some seconds at most. */
  close(): Promise<void>
}

const silentSpan: Span = { set: ignore, fail: ignore, end: ignore }

/** Telemetry that nobody listens to. */
export const silentTelemetry: Telemetry = {
  tracing: false,
  reportsFaults: false,
  startSpan: () => silentSpan,
  within: (_span, work) => work(),
  reportFault: ignore,
  close: () => Promise.resolve(),
}

function ignore(): void {}
