import type { AddressInfo } from 'node:net'
import { createApp } from './app.ts'
import type { Config } from './config.ts'
import { createDeps, type Deps, type Given } from './deps.ts'
import type { Logger } from './platform/logger.ts'

export interface RunningServer {
  /** Where it listens, e.g. `http://127.0.0.1:8000`. */
  url: string
  deps: Deps
  /**
   * Stops: turns unready, refuses new turns, lets answers finish for `graceMs`, stores the rest as interrupted, closes
   * the listener and the database pool.
   */
  stop(graceMs: number): Promise<void>
}

/** Connections that may wait to be accepted; beyond Node's 511 when thousands of readers come back at once. */
const backlog = 4096

/** Serves on a prepared database. Throws when the port is taken. */
export async function startServer(config: Config, logger: Logger, given: Given): Promise<RunningServer> {
  const deps = createDeps(config, logger, given)
  const app = await createApp(config, deps, logger)
  try {
    deps.notices.open()
    await deps.runs.open({ isSoleProcess: given.isSoleProcess ?? false })
    deps.searchIndexer.open()
    await app.listen({ host: config.http.host, port: config.http.port, backlog })
  } catch (error) {
    await deps.runs.close(0)
    await deps.searchIndexer.close()
    await app.close()
    await deps.close()
    throw error
  }
  const { port } = app.server.address() as AddressInfo
  const host = config.http.host.includes(':') ? `[${config.http.host}]` : config.http.host
  return {
    url: `http://${host}:${port}`,
    deps,
    stop: async (graceMs) => {
      deps.health.stopping()
      await deps.runs.close(graceMs)
      await deps.searchIndexer.close()
      await app.close()
      await deps.close()
    },
  }
}
