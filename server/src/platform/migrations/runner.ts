import type pg from 'pg'
import { type ApplyOptions, applyMigration } from './apply.ts'
import { dropEmptyLedger, ensureLedger, type LedgerEntry, readLedger, refreshReleases } from './ledger.ts'
import { lockWaitMs, withMigrationLock } from './lock.ts'
import { MigrationError } from './migration-error.ts'
import { type Migration, migrationsDir, readMigrations } from './migration-files.ts'
import { requireRelease } from './release.ts'

export interface RunnerOptions {
  /** Told each migration that runs and each wait, one line at a time. */
  say: (message: string) => void
  appVersion: string
  /** The server's own unless told. */
  migrationsDir?: string | undefined
  /** How long to wait for another process that is migrating; 2 minutes unless told. */
  lockWaitMs?: number
  /** The session is in a transaction, which all of it becomes a part of; the tables are empty. */
  inTransaction?: boolean
}

interface State {
  known: Migration[]
  applied: LedgerEntry[]
}

/**
 * Applies every migration up to `target` (an id, its beginning, or `head`) that is not applied yet; returns the ids that
 * ran. `client` is a session of the owner login. A database that knows newer migrations than this code is left as it is.
 * Throws {@link MigrationError}, also where one of those shuts this release out.
 */
export async function upgrade(client: pg.ClientBase, options: RunnerOptions, target = 'head'): Promise<string[]> {
  return locked(client, options, async () => {
    await ensureLedger(client)
    const state = await readState(client, options)
    requireRelease(options.appVersion, state.applied)
    warnWhenAhead(state, options)
    const last = target === 'head' ? state.known.at(-1)?.id : requireId(state.known, target)
    const done: string[] = []
    for (const migration of state.known) {
      if (last === undefined || migration.id > last) break
      const entry = state.applied.find((one) => one.id === migration.id)
      if (entry && entry.unfinished === null) continue
      if (entry?.unfinished === 'down') await run(client, migration, 'down', entry.nextStep, options)
      await run(client, migration, 'up', entry?.unfinished === 'up' ? entry.nextStep : 0, options)
      done.push(migration.id)
    }
    await refreshReleases(client, state.known)
    return done
  })
}

/**
 * Reverts migrations, newest first: `-1` (or `-n`) that many, `base` all, an id all that came after it. Returns the ids
 * that were reverted. Throws {@link MigrationError}, also where a migration to revert is unknown to this code.
 */
export async function downgrade(client: pg.ClientBase, options: RunnerOptions, target: string): Promise<string[]> {
  return locked(client, options, async () => {
    const state = await readState(client, options)
    const entries = entriesToRevert(state, target)
    for (const entry of entries) {
      const migration = state.known.find((one) => one.id === entry.id)
      if (!migration) {
        throw new MigrationError(`Migration ${entry.id} was applied by newer code; only that code can revert it.`)
      }
      await run(client, migration, 'down', entry.unfinished === 'down' ? entry.nextStep : 0, options)
    }
    await dropEmptyLedger(client)
    return entries.map((entry) => entry.id)
  })
}

function locked<T>(client: pg.ClientBase, options: RunnerOptions, work: () => Promise<T>): Promise<T> {
  return withMigrationLock(client, { say: options.say, waitMs: options.lockWaitMs ?? lockWaitMs }, work)
}

async function readState(client: pg.ClientBase, options: RunnerOptions): Promise<State> {
  const known = await readMigrations(options.migrationsDir ?? migrationsDir)
  const applied = await readLedger(client)
  for (const entry of applied) {
    const migration = known.find((one) => one.id === entry.id)
    if (migration && migration.checksum !== entry.checksum) {
      throw new MigrationError(
        `Migration ${entry.id} was changed after it was applied to this database. Restore its up.sql and put the change into a new migration.`,
      )
    }
  }
  return { known, applied }
}

function warnWhenAhead({ known, applied }: State, { say }: RunnerOptions): void {
  const unknown = applied.filter((entry) => !known.some((one) => one.id === entry.id))
  if (unknown.length === 0) return
  say(`the database is ahead of this code (${unknown.map((entry) => entry.id).join(', ')}); serving with it as it is`)
}

function entriesToRevert({ known, applied }: State, target: string): LedgerEntry[] {
  const newestFirst = applied.toReversed()
  if (target === 'base') return newestFirst
  if (/^-\d+$/.test(target)) {
    const count = Number(target.slice(1))
    if (count < 1 || count > applied.length) {
      throw new MigrationError(`Cannot go ${count} back: ${applied.length} migrations are applied.`)
    }
    return newestFirst.slice(0, count)
  }
  const keep = requireId(known, target)
  if (!applied.some((entry) => entry.id === keep)) {
    throw new MigrationError(`Migration ${keep} is not applied, so there is no way down to it.`)
  }
  return newestFirst.filter((entry) => entry.id > keep)
}

/** The id that `given` names in full or begins, or whose slug it is. */
function requireId(known: Migration[], given: string): string {
  const matches = known.filter(({ id }) => id.startsWith(given) || id.slice(15) === given)
  if (matches.length > 1) throw new MigrationError(`"${given}" fits ${matches.map(({ id }) => id).join(' and ')}.`)
  const match = matches[0]
  if (!match) throw new MigrationError(`There is no migration "${given}".`)
  return match.id
}

async function run(
  client: pg.ClientBase,
  migration: Migration,
  direction: ApplyOptions['direction'],
  fromStep: number,
  { say, appVersion, inTransaction = false }: RunnerOptions,
): Promise<void> {
  const resumed = fromStep > 0 ? ` (resuming at step ${fromStep + 1})` : ''
  say(`${direction === 'up' ? 'upgrade' : 'downgrade'} ${migration.id}${resumed}`)
  await applyMigration(client, migration, { direction, fromStep, appVersion, say, inTransaction })
}
