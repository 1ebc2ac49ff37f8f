import { AsyncLocalStorage } from 'node:async_hooks'
import type { Attributes, Context, Span as OtelSpan, SpanContext } from '@opentelemetry/api'
import { loadOptional } from './optional-package.ts'
import { type Span, type SpanAttributes, silentTelemetry, type Telemetry } from './telemetry.ts'

export interface TracingSettings {
  /** Base address of an OTLP/HTTP collector; spans go to `/v1/traces` beneath it. */
  endpoint: string
  /** Sent with each export, for collectors that want a key. */
  headers: Record<string, string>
  serviceName: string
  serviceVersion: string
  /** Share of the traces that are kept, 0 to 1. */
  sampleRatio: number
}

export type Tracing = Pick<Telemetry, 'startSpan' | 'within' | 'close'>

/** The packages of the setting `OTEL_EXPORTER_OTLP_ENDPOINT`, as npm takes them. */
const packages = [
  '@opentelemetry/api@1',
  '@opentelemetry/sdk-trace@3',
  '@opentelemetry/resources@3',
  '@opentelemetry/exporter-trace-otlp-http@^0.301.0',
]

const closeTimeoutMs = 3000

/**
 * Sends spans to an OpenTelemetry collector, in batches and in the background; what a collector that is away does not
 * take is dropped. Nothing is registered globally and nothing is instrumented by itself: only our own spans go out.
 * Throws `TelemetryError` where the packages are missing.
 */
export async function openTracing(settings: TracingSettings): Promise<Tracing> {
  const { api, sdk, resources, exporters } = await loadOptional('OTEL_EXPORTER_OTLP_ENDPOINT', packages, loadPackages)
  const provider = new sdk.TracerProvider({
    resource: resources.resourceFromAttributes({
      'service.name': settings.serviceName,
      'service.version': settings.serviceVersion,
    }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(settings.sampleRatio) }),
    spanLimits: { attributeValueLengthLimit: 200, attributeCountLimit: 32 },
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter: new exporters.OTLPTraceExporter({
          url: `${settings.endpoint.replace(/\/+$/, '')}/v1/traces`,
          headers: settings.headers,
        }),
      }),
    ],
  })
  const tracer = provider.getTracer(settings.serviceName, settings.serviceVersion)
  const current = new AsyncLocalStorage<Context>()
  const contexts = new WeakMap<Span, Context>()

  return {
    startSpan(name, { kind, attributes = {}, traceparent } = {}) {
      const remote = traceparent === undefined ? null : spanContextOf(traceparent)
      const parent = remote
        ? api.trace.setSpanContext(api.ROOT_CONTEXT, remote)
        : (current.getStore() ?? api.ROOT_CONTEXT)
      const kinds = { server: api.SpanKind.SERVER, client: api.SpanKind.CLIENT }
      const options = { kind: kind ? kinds[kind] : api.SpanKind.INTERNAL, attributes: defined(attributes) }
      const started = tracer.startSpan(name, options, parent)
      const span = asSpan(started, api.SpanStatusCode.ERROR)
      contexts.set(span, api.trace.setSpan(parent, started))
      return span
    },
    within: (span, work) => {
      const context = contexts.get(span)
      return context ? current.run(context, work) : silentTelemetry.within(span, work)
    },
    close: async () => {
      const late = new Promise<void>((resolve) => setTimeout(resolve, closeTimeoutMs).unref())
      await Promise.race([provider.shutdown().catch(() => undefined), late])
    },
  }
}

async function loadPackages() {
  const [api, sdk, resources, exporters] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ])
  return { api, sdk, resources, exporters }
}

function asSpan(span: OtelSpan, error: number): Span {
  return {
    set: (attributes) => void span.setAttributes(defined(attributes)),
    fail: (code) => {
      span.setAttribute('error.type', code)
      span.setStatus({ code: error })
    },
    end: () => span.end(),
  }
}

function defined(attributes: SpanAttributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined))
}

/** https://www.w3.org/TR/trace-context/#traceparent-header; `null` for anything else. */
function spanContextOf(traceparent: string): SpanContext | null {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent) ?? []
  if (!traceId || !spanId || !flags || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return null
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
}
