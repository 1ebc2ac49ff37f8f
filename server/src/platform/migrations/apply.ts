import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { isLocked } from '../database/database.ts'
import { MigrationError } from './migration-error.ts'
import type { Migration } from './migration-files.ts'
import { type Step, splitSteps } from './steps.ts'

export interface ApplyOptions {
  direction: 'up' | 'down'
  /** Recorded with the migration. */
  appVersion: string
  /** The first step to run; 0 unless an interrupted migration goes on. */
  fromStep: number
  say: (message: string) => void
  /** The session is in a transaction, and the tables are empty. */
  inTransaction: boolean
}

/** Pauses between attempts to get a table lock, in milliseconds. */
const lockPausesMs = [500, 1000, 2000, 4000, 8000]

/**
 * Applies (or reverts) one migration, each step with its record in the ledger. Locks are awaited 5 s at a time with
 * pauses between, so that a busy table is not blocked for everyone behind us. Throws {@link MigrationError}.
 */
export async function applyMigration(
  client: pg.ClientBase,
  migration: Migration,
  options: ApplyOptions,
): Promise<void> {
  const steps = splitSteps(migration[options.direction])
  if (steps.length === 0) steps.push({ sql: '', transactional: true })
  for (let i = options.fromStep; i < steps.length; i++) {
    const record = recordSql(migration, options, i + 1 < steps.length ? i + 1 : null)
    const step = steps[i] as Step
    try {
      if (options.inTransaction) await runStepInside(client, step, record)
      else await withLockRetries(options.say, () => runStep(client, step, record))
    } catch (error) {
      throw new MigrationError(failureMessage(migration, options, error, i, steps.length), { cause: error })
    }
  }
}

async function runStep(client: pg.ClientBase, step: Step, record: pg.QueryConfig): Promise<void> {
  if (!step.transactional) {
    await dropInvalidIndex(client, step.sql)
    // A wait for locks is part of how concurrent index builds work: they queue behind transactions without blocking others.
    await client.query('SET lock_timeout = 0')
    await client.query(step.sql).finally(() => client.query('RESET lock_timeout'))
    await client.query(record)
    return
  }
  await client.query(
    `BEGIN; SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '15min'; SET LOCAL search_path = public`,
  )
  try {
    await client.query(step.sql)
    await client.query(record)
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}

/** As a part of the transaction that the session is in. What works concurrently elsewhere need not do so on empty tables. */
async function runStepInside(client: pg.ClientBase, step: Step, record: pg.QueryConfig): Promise<void> {
  await client.query('SET LOCAL search_path = public')
  await client.query(step.transactional ? step.sql : notConcurrent(step.sql))
  await client.query(record)
}

function notConcurrent(sql: string): string {
  const index = /((?:CREATE\s+(?:UNIQUE\s+)?|DROP\s+)INDEX)\s+CONCURRENTLY\b/i
  if (!index.test(sql)) throw new Error('this step cannot be part of a transaction')
  return sql.replace(index, '$1')
}

/** CREATE INDEX CONCURRENTLY that was interrupted leaves an invalid index, which IF NOT EXISTS would take for the real one. */
async function dropInvalidIndex(client: pg.ClientBase, sql: string): Promise<void> {
  const name = /CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?:IF\s+NOT\s+EXISTS\s+)?("?)([\w]+)\1/i.exec(sql)?.[2]
  if (name === undefined) return
  const { rows } = await client.query(
    `SELECT 1 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      WHERE c.relname = $1 AND c.relnamespace = 'public'::regnamespace AND NOT i.indisvalid`,
    [name],
  )
  if (rows.length > 0) await client.query(`DROP INDEX CONCURRENTLY IF EXISTS public."${name}"`)
}

function recordSql(migration: Migration, { direction, appVersion }: ApplyOptions, nextStep: number | null) {
  if (direction === 'down' && nextStep === null) {
    return { text: 'DELETE FROM public.schema_migrations WHERE id = $1', values: [migration.id] }
  }
  return {
    text: `INSERT INTO public.schema_migrations (id, checksum, app_version, unfinished, next_step, oldest_release)
      VALUES ($1, $2, $3, $4, $5, $6)
      ON CONFLICT (id) DO UPDATE SET unfinished = excluded.unfinished, next_step = excluded.next_step, applied_at = now()`,
    values: [
      migration.id,
      migration.checksum,
      appVersion,
      nextStep === null ? null : direction,
      nextStep ?? 0,
      migration.oldestRelease,
    ],
  }
}

async function withLockRetries(say: (message: string) => void, work: () => Promise<void>): Promise<void> {
  for (const pauseMs of lockPausesMs) {
    try {
      return await work()
    } catch (error) {
      if (!isLocked(error)) throw error
      say('a table is busy; trying again')
      await sleep(pauseMs)
    }
  }
  await work()
}

function failureMessage(
  migration: Migration,
  { direction, inTransaction }: ApplyOptions,
  error: unknown,
  step: number,
  steps: number,
) {
  const reason = error instanceof Error ? error.message : String(error)
  const where = steps === 1 ? '' : ` in step ${step + 1} of ${steps}`
  const state =
    step === 0 || inTransaction
      ? 'Nothing of it was kept.'
      : 'The steps before were kept; running the command again goes on from there.'
  return `Migration ${migration.id} (${direction}) failed${where}: ${reason}. ${state}`
}
