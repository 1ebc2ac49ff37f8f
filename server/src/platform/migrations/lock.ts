import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { MigrationError } from './migration-error.ts'

/** Advisory lock key of migrations in a database; any number that nothing else uses. */
const lockKey = '7164221019253511'

/** How long a process waits for another one that migrates, unless told otherwise. */
export const lockWaitMs = 120_000

/**
 * Runs `work` while this session holds the migration lock, so that servers that start together migrate one after the
 * other; may be nested. Throws {@link MigrationError} when another session keeps it longer than `waitMs`.
 */
export async function withMigrationLock<T>(
  client: pg.ClientBase,
  options: { say: (message: string) => void; waitMs: number },
  work: () => Promise<T>,
): Promise<T> {
  await acquire(client, options)
  try {
    return await work()
  } finally {
    // A session that is gone has lost its lock already.
    await client.query(`SELECT pg_advisory_unlock(${lockKey})`).catch(() => undefined)
  }
}

async function acquire(
  client: pg.ClientBase,
  { say, waitMs }: { say: (message: string) => void; waitMs: number },
): Promise<void> {
  const deadline = Date.now() + waitMs
  // Asked for again and again, because a statement that waits inside PostgreSQL would hold up concurrent index builds.
  for (let attempt = 0; ; attempt++) {
    const { rows } = await client.query<{ held: boolean }>(`SELECT pg_try_advisory_lock(${lockKey}) AS held`)
    if (rows[0]?.held) return
    if (Date.now() >= deadline) {
      throw new MigrationError(
        `Another process has been migrating this database for ${Math.round(waitMs / 1000)} s. Try again when it is done.`,
      )
    }
    if (attempt === 0) say('waiting for another process that is migrating this database')
    await sleep(Math.min(250, Math.max(10, deadline - Date.now())))
  }
}
