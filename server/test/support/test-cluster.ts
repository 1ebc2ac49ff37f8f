import { readFileSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { startEmbeddedPostgres } from '../../src/platform/postgres/embedded-postgres.ts'

/** A PostgreSQL of its own in a temporary folder, as durable as the product's. */
export interface TestCluster {
  superuserUrl: string
  ownerUrl: string
  runtimeUrl: string
  version: string
  /** Stops it and removes its folder. */
  stop(): Promise<void>
}

/**
 * Starts one; meant for a global setup, once for a whole run. A run that ends without `stop()`, by Ctrl-C for example,
 * takes it along; only `kill -9` leaves it behind.
 */
export async function startTestCluster(settings: Record<string, string> = {}): Promise<TestCluster> {
  const dataDir = await mkdtemp(join(tmpdir(), 'chatbot-test-'))
  const removeAtExit = () => killAndRemove(dataDir)
  process.once('exit', removeAtExit)
  const logger = pino({ level: 'error' }, process.stderr)
  const { superuserUrl, ownerUrl, runtimeUrl, version, stop } = await startEmbeddedPostgres({
    dataDir,
    logger,
    settings,
  })
  return {
    superuserUrl,
    ownerUrl,
    runtimeUrl,
    version,
    stop: async () => {
      await stop()
      process.off('exit', removeAtExit)
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** All that can be done while a process exits: synchronous, and nothing may throw. */
function killAndRemove(dataDir: string): void {
  try {
    const pid = Number.parseInt(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10)
    if (pid > 1) process.kill(pid, 'SIGQUIT')
  } catch {
    // It never came up, or it is gone.
  }
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
}
