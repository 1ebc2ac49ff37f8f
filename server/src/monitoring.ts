import cluster from 'node:cluster'
import { type Config, ConfigError } from './config.ts'
import type { Deps } from './deps.ts'
import { registerGateGauges } from './modules/signals/gate-signals.ts'
import { registerGauges } from './modules/signals/gauges.ts'
import { registerJobGauges } from './modules/signals/job-signals.ts'
import { listenForScrapes, type MetricsListener, type MetricsSource } from './platform/telemetry/metrics-endpoint.ts'
import { type Monitoring, openMonitoring } from './platform/telemetry/monitoring.ts'
import { TelemetryError } from './platform/telemetry/optional-package.ts'
import { answerMetricsRequests, createWorkerMetrics } from './platform/telemetry/worker-metrics.ts'
import { appVersion } from './version.ts'

/** What the settings ask for. Throws `ConfigError` where a package for it is missing. */
export function loadMonitoring(config: Config): Promise<Monitoring> {
  return asConfigError(() => openMonitoring(config.monitoring, appVersion))
}

export interface MonitoringInUse {
  /** Where this process serves metrics apart from the API; `null` where it does not. */
  metricsPort: number | null
  close(): Promise<void>
}

/**
 * Has gauges look at the started services, and serves the metrics, with `isReady` beside them where given; a worker of
 * `WORKERS` hands them to the main process. Throws `ConfigError` when their port is taken.
 */
export async function useMonitoring(
  config: Config,
  deps: Deps,
  monitoring: Monitoring,
  isReady?: () => Promise<boolean>,
): Promise<MonitoringInUse> {
  const { metrics, telemetry } = monitoring
  if (metrics) registerGauges(metrics, deps)
  if (metrics) registerGateGauges(metrics, deps.turnGate)
  if (metrics) registerJobGauges(metrics, deps.jobs)
  const listener = metrics && !cluster.isWorker ? await serve(config, metrics, isReady) : null
  const silence = metrics && cluster.isWorker ? answerMetricsRequests(metrics) : undefined
  return {
    metricsPort: listener?.port ?? null,
    close: async () => {
      silence?.()
      await Promise.all([listener?.close(), telemetry.close()])
    },
  }
}

/** In the main process: serves the metrics of all workers on one port. Throws `ConfigError` when that is taken. */
export function serveWorkerMetrics(config: Config): Promise<MetricsListener | null> {
  return serve(config, createWorkerMetrics())
}

async function serve(
  config: Config,
  source: MetricsSource,
  isReady?: () => Promise<boolean>,
): Promise<MetricsListener | null> {
  const { port, host, token } = config.monitoring.metrics
  return port === null ? null : asConfigError(() => listenForScrapes(source, { host, port, token, isReady }))
}

async function asConfigError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof TelemetryError ? new ConfigError([error.message]) : error
  }
}
