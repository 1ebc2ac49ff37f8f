import type { BaseTransportOptions, Event, StackParser, Transport } from '@sentry/core'
import { type DescribedError, describeError } from './describe-error.ts'
import { loadOptional } from './optional-package.ts'
import type { Telemetry } from './telemetry.ts'

export interface FaultReportSettings {
  /** Address and public key of a Sentry project. */
  dsn: string
  release: string
  environment: string
}

export type FaultReports = Pick<Telemetry, 'reportFault' | 'close'>

const sendTimeoutMs = 5000
const closeTimeoutMs = 3000

/**
 * Sends faults to Sentry, or to a server that speaks its protocol. It is Sentry's core without its integrations: nothing
 * is patched or gathered in the background, and of a fault goes out what {@link describeError} leaves of it. Throws
 * `TelemetryError` where the package is missing.
 */
export async function openFaultReports(settings: FaultReportSettings): Promise<FaultReports> {
  const sentry = await loadOptional('SENTRY_DSN', ['@sentry/core@11'], loadPackage)
  const stackParser = sentry.createStackParser(sentry.nodeStackLineParser())
  const send = (options: BaseTransportOptions & { headers?: Record<string, string> }): Transport =>
    sentry.createTransport(options, async ({ body }) => {
      const { url, headers = {} } = options
      const signal = AbortSignal.timeout(sendTimeoutMs)
      const sent = typeof body === 'string' ? body : new Uint8Array(body)
      const response = await fetch(url, { method: 'POST', headers, body: sent, signal, redirect: 'error' })
      await response.body?.cancel()
      const limits = {
        'x-sentry-rate-limits': response.headers.get('x-sentry-rate-limits'),
        'retry-after': response.headers.get('retry-after'),
      }
      return { statusCode: response.status, headers: limits }
    })
  const client = new sentry.ServerRuntimeClient({
    dsn: settings.dsn,
    release: settings.release,
    environment: settings.environment,
    platform: 'node',
    includeServerName: false,
    sendClientReports: false,
    integrations: [],
    stackParser,
    transport: send,
  })
  client.init()

  return {
    reportFault(error, context) {
      const described = describeError(error)
      if (described) client.captureEvent(toEvent(described, stackParser, context))
    },
    close: async () => {
      await client.close(closeTimeoutMs)
    },
  }
}

async function loadPackage() {
  const [core, server] = await Promise.all([import('@sentry/core'), import('@sentry/core/server')])
  return { ...core, ...server }
}

function toEvent(error: DescribedError, parse: StackParser, context: Record<string, string | undefined>): Event {
  const tags = Object.fromEntries(Object.entries(context).filter(([, value]) => value !== undefined))
  return {
    level: 'error',
    platform: 'node',
    tags,
    // Sentry wants the innermost cause first.
    exception: {
      values: chainOf(error)
        .reverse()
        .map(({ type, message, stack }) => ({
          type,
          value: message,
          ...(stack ? { stacktrace: { frames: parse(`${type}\n${stack}`) } } : {}),
        })),
    },
  }
}

function chainOf(error: DescribedError): DescribedError[] {
  return error.cause ? [error, ...chainOf(error.cause)] : [error]
}
