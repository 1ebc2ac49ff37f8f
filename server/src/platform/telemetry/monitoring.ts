import { openFaultReports } from './fault-reports.ts'
import { type Metrics, openMetrics } from './metrics.ts'
import { silentTelemetry, type Telemetry } from './telemetry.ts'
import { openTracing } from './tracing.ts'

export interface MonitoringSettings {
  metrics: {
    /** `null`: no port of their own. 0: any free one. */
    port: number | null
    host: string
    token: string | null
  }
  tracing: { endpoint: string; headers: Record<string, string>; serviceName: string; sampleRatio: number } | null
  sentry: { dsn: string; environment: string } | null
}

/** What the server's parts are given to observe themselves with. */
export interface Monitoring {
  /** `null` while nobody asks for metrics. */
  metrics: Metrics | null
  telemetry: Telemetry
}

export const noMonitoring: Monitoring = { metrics: null, telemetry: silentTelemetry }

/** Loads what the settings ask for and nothing else. Throws `TelemetryError` where a package for it is missing. */
export async function openMonitoring(settings: MonitoringSettings, version: string): Promise<Monitoring> {
  const { metrics, tracing, sentry } = settings
  const [numbers, traces, faults] = await Promise.all([
    metrics.port !== null || metrics.token !== null ? openMetrics() : null,
    tracing ? openTracing({ ...tracing, serviceVersion: version }) : null,
    sentry ? openFaultReports({ ...sentry, release: version }) : null,
  ])
  if (!traces && !faults) return { metrics: numbers, telemetry: silentTelemetry }
  const { startSpan, within } = traces ?? silentTelemetry
  const { reportFault } = faults ?? silentTelemetry
  const close = async () => {
    await Promise.all([traces?.close(), faults?.close()])
  }
  const listeners = { tracing: traces !== null, reportsFaults: faults !== null }
  return { metrics: numbers, telemetry: { ...listeners, startSpan, within, reportFault, close } }
}
