import type { AddressInfo } from 'node:net'
import { createApp } from './app.ts'
import type { Config } from './config.ts'
import { createDeps, type Deps, type Given } from './deps.ts'
import { loadMonitoring, type MonitoringInUse, useMonitoring } from './monitoring.ts'
import { listen } from './platform/http/listen.ts'
import type { Logger } from './platform/logger.ts'
import { followRequests } from './platform/process/open-requests.ts'
import { noteOwner } from './platform/process/owner-notes.ts'

export interface RunningServer {
  /** Where it listens, e.g. `http://127.0.0.1:8000`. */
  url: string
  /** The port that serves metrics alone; `null` where there is none. */
  metricsPort: number | null
  deps: Deps
  /**
   * Stops: turns unready, takes no new connection, gives clients `drainMs` for a last request on a connection that they
   * kept open, refuses new turns, lets answers finish for `graceMs`, stores the rest as interrupted, and closes the
   * database pool last.
   */
  stop(graceMs: number, drainMs?: number): Promise<void>
}

/** How long answers that have ended may take to reach their readers. */
const deliveryMs = 2000

/** Loading the job queue takes a tenth of a second of the processor, which the first visitors should not wait for. */
const jobsDelayMs = 500

/** Serves on a prepared database. Throws when the port is taken. */
export async function startServer(config: Config, logger: Logger, given: Given): Promise<RunningServer> {
  const monitoring = given.monitoring ?? (await loadMonitoring(config))
  const deps = createDeps(config, logger, { ...given, monitoring })
  const app = await createApp(config, deps, logger, monitoring)
  const requests = followRequests(app.server)
  const note = await noteOwner(config.dataDir, deps.ownerId, logger)
  let inUse: MonitoringInUse | undefined
  try {
    deps.notices.open()
    deps.redis?.open()
    deps.limits.open()
    await deps.budgets.open()
    await deps.runs.open({ isSoleProcess: given.isSoleProcess ?? false })
    if (note.gone.length > 0 && (await deps.runs.giveUp(note.gone))) await note.forget()
    deps.searchIndexer.open()
    inUse = await useMonitoring(config, deps, monitoring)
    requests.acceptedBy(await listen(app, config.http))
  } catch (error) {
    await deps.runs.close(0)
    await deps.searchIndexer.close()
    await app.close()
    await deps.close()
    await inUse?.close()
    await note.remove()
    throw error
  }
  const opening = setTimeout(() => void deps.jobs.open({ work: config.runJobs }).then(deps.fileCare.open), jobsDelayMs)
  const { port } = app.server.address() as AddressInfo
  const host = config.http.host.includes(':') ? `[${config.http.host}]` : config.http.host
  return {
    url: `http://${host}:${port}`,
    metricsPort: inUse.metricsPort,
    deps,
    stop: async (graceMs, drainMs = 0) => {
      clearTimeout(opening)
      deps.health.stopping()
      await requests.drain(drainMs)
      await Promise.all([deps.runs.close(graceMs), deps.jobs.close(graceMs)])
      await requests.answered(Math.min(deliveryMs, graceMs))
      await deps.searchIndexer.close()
      await app.close()
      await deps.close()
      await inUse.close()
      await note.remove()
    },
  }
}
