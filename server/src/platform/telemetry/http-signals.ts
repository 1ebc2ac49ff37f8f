import { AppError } from '../errors.ts'
import type { App } from '../http/app.ts'
import type { Monitoring } from './monitoring.ts'
import type { Span } from './telemetry.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The request's part of a trace, while somebody collects traces. */
    span: Span | null
  }
}

/** Upper bounds in seconds; a request that streams an answer lasts as long as the answer. */
const durations = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/**
 * Counts, times and traces requests. Has to come before the routes and before any hook that may answer. `trustProxy`:
 * whether a `traceparent` is believed; a stranger's could choose which requests are traced.
 */
export function observeRequests(app: App, monitoring: Monitoring, trustProxy: boolean): void {
  const { metrics, telemetry } = monitoring
  if (metrics) countRequests(app, metrics)
  if (telemetry.tracing) traceRequests(app, telemetry, trustProxy)
  app.addHook('onError', (request, _reply, error, done) => {
    if (isFault(error)) {
      const route = request.routeOptions.url
      telemetry.reportFault(error, { request_id: request.id, route, method: request.method })
    }
    done()
  })
}

function countRequests(app: App, metrics: NonNullable<Monitoring['metrics']>): void {
  const help = 'Time from the first byte of a request to the last of its answer.'
  const labels = ['method', 'route', 'status'] as const
  const duration = metrics.histogram('chatbot_http_request_duration_seconds', help, labels, durations)
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url
    const method = route === undefined ? 'other' : request.method
    const status = `${Math.floor(reply.statusCode / 100)}xx`
    duration.observe({ method, route: route ?? 'unknown', status }, reply.elapsedTime / 1000)
    done()
  })
  const problems = metrics.counter('chatbot_http_problems_total', 'Requests that were refused or failed, by code.', [
    'code',
  ])
  app.addHook('onError', (_request, _reply, error, done) => {
    if (error instanceof AppError) problems.add({ code: error.code })
    done()
  })
}

/** Attributes: https://opentelemetry.io/docs/specs/semconv/http/http-spans/ */
function traceRequests(app: App, telemetry: Monitoring['telemetry'], trustProxy: boolean): void {
  app.decorateRequest('span', null)
  app.addHook('onRequest', (request, _reply, done) => {
    const route = request.routeOptions.url
    const { traceparent } = request.headers
    request.span = telemetry.startSpan(route ? `${request.method} ${route}` : request.method, {
      kind: 'server',
      attributes: { 'http.request.method': request.method, 'http.route': route },
      traceparent: trustProxy && typeof traceparent === 'string' ? traceparent : undefined,
    })
    done()
  })
  // Reading the body loses the context of earlier hooks; from here on it holds.
  app.addHook('preHandler', (request, _reply, done) => {
    if (request.span) telemetry.within(request.span, done)
    else done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const { statusCode } = reply
    request.span?.set({ 'http.response.status_code': statusCode })
    if (statusCode >= 500) request.span?.fail(String(statusCode))
    request.span?.end()
    done()
  })
}

/** Neither the caller's mistake nor another system's failure. */
function isFault(error: Error & { statusCode?: number }): boolean {
  return error instanceof AppError ? error.code === 'internal' : (error.statusCode ?? 500) >= 500
}
