import { createHash } from 'node:crypto'
import pg from 'pg'
import { jobsSchema } from '../database/programmable.ts'
import type { Logger } from '../logger.ts'

/** pg-boss sends the names of queues with new jobs here: `notifyChannelSql` in its plans. */
export const wakeChannel = `pgboss_${createHash('sha224').update(jobsSchema).digest('hex').slice(0, 24)}`

/** pg-boss's way to the database. */
export interface JobPool {
  executeSql(text: string, values?: unknown[]): Promise<Rows>
  listen(channel: string, heard: (queue: string) => void): Promise<{ close(): Promise<void> }>
  /** Passes on that a queue has new jobs. */
  wake(queue: string): void
  close(): Promise<void>
}

/**
 * Two connections beside the pool that serves requests, so that neither has to wait for the other; opened when needed.
 * Timeouts as there.
 */
export function openJobPool(databaseUrl: string, logger: Logger): JobPool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 2,
    connectionTimeoutMillis: 5000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    query_timeout: 35_000,
    application_name: 'chatbot-platform jobs',
    options: '-c statement_timeout=30000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=30000 -c jit=off',
  })
  pool.on('error', (error) => logger.warn({ err: error }, 'an idle database connection was lost'))
  pool.on('connect', (client) => void client.on('error', () => undefined))
  let woken: ((queue: string) => void) | undefined

  return {
    executeSql: (text, values) => execute(pool, text, values),
    listen: async (_channel, heard) => {
      woken = heard
      return {
        close: async () => {
          woken = undefined
        },
      }
    },
    wake: (queue) => woken?.(queue),
    close: () => pool.end(),
  }
}

interface Rows {
  rows: unknown[]
}

/** Some statements of pg-boss bring their own BEGIN: a connection on which one failed may be inside it, so it goes. */
async function execute(pool: pg.Pool, text: string, values: unknown[] | undefined): Promise<Rows> {
  const client = await pool.connect()
  let failure: Error | undefined
  try {
    const results: Rows | Rows[] = await client.query(text, values)
    return { rows: Array.isArray(results) ? results.flatMap(({ rows }) => rows) : results.rows }
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error))
    throw error
  } finally {
    client.release(failure)
  }
}
