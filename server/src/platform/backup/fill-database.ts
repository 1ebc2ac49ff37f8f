import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { readLedger } from '../migrations/ledger.ts'
import { migrationsDir, readMigrations } from '../migrations/migration-files.ts'
import { downgrade, type RunnerOptions, upgrade } from '../migrations/runner.ts'
import type { BackupHead } from './archive-format.ts'
import { BackupError } from './backup-error.ts'
import { loadTables, notEmpty } from './load.ts'
import type { Digests } from './rows-digest.ts'
import type { BackupSource } from './source.ts'
import { backupTables, quoted, tablesWithRows } from './tables.ts'

export interface FillOptions {
  runner: RunnerOptions
  /** Drop what the database holds; otherwise a database with rows is refused. */
  replace: boolean
  /** What the source is known to hold. */
  expected?: Digests
  say: (message: string) => void
}

const leavingMs = 2000

/**
 * Makes the database what `source` is: brings it to the source's migration, loads every row and proves it, and then
 * migrates to this release. `client` is a session of the owner login; the roles exist. Returns what was loaded. Throws
 * {@link BackupError} or `MigrationError`: rows that were there are then still there, wherever it came to.
 *
 * What it replaces goes, and what it brings comes, in one transaction. Only migrations of earlier and later releases that
 * lose no rows are commits of their own.
 */
export async function fillDatabase(
  client: pg.ClientBase,
  source: BackupSource,
  options: FillOptions,
): Promise<Digests> {
  const { runner, replace, say } = options
  await requireKnown(source.head, runner.migrationsDir)
  await requireNoServers(client)
  const prepare = await goToMigration(client, source.head, options)
  const digests = await loadTables(client, source, { ...options, replace, ...(prepare && { prepare }) })
  const done = await upgrade(client, runner)
  if (done.length > 0) say(`migrated to ${done.at(-1)}`)
  await client.query('ANALYZE')
  return digests
}

/** Refuses a backup with a migration that this release does not have, or has in another form. */
export async function requireKnown(head: BackupHead, dir = migrationsDir): Promise<void> {
  const last = head.migrations.at(-1)?.id ?? ''
  const known = (await readMigrations(dir)).filter(({ id }) => id <= last)
  const stranger = head.migrations.find(
    ({ id, checksum }) => !known.some((one) => one.id === id && one.checksum === checksum),
  )
  if (stranger) {
    throw new BackupError(
      `The data is of release ${head.release} and has migration ${stranger.id}, which this release does not know in that form. Use that release or a newer one.`,
    )
  }
  const missing = known.find(({ id }) => !head.migrations.some((one) => one.id === id))
  if (missing) {
    throw new BackupError(`The data lacks migration ${missing.id}: run "npm run db -- upgrade" where it comes from.`)
  }
}

/** A server that goes on working would write into what is being restored. One that has just stopped takes a moment to leave. */
async function requireNoServers(client: pg.ClientBase): Promise<void> {
  const deadline = performance.now() + leavingMs
  for (;;) {
    const { rows } = await client.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND application_name LIKE 'chatbot-platform%' LIMIT 1`,
    )
    if (rows.length === 0) return
    if (performance.now() > deadline) {
      throw new BackupError('A server or another command uses this database. Stop it first.')
    }
    await sleep(100)
  }
}

/** Brings the database to the source's migration; where that costs rows, returns what does it, for the load's transaction. */
async function goToMigration(
  client: pg.ClientBase,
  head: BackupHead,
  options: FillOptions,
): Promise<(() => Promise<void>) | undefined> {
  const { runner, replace } = options
  const target = head.migrations.at(-1)?.id ?? ''
  const ledger = await readLedger(client)
  const tables = await backupTables(client)
  if (ledger.length === 0 && tables.length > 0) {
    throw new BackupError('The database holds tables of something else. Use an empty database.')
  }
  if (ledger.some(({ id }) => id > target)) {
    if (replace) return () => goBack(client, target, runner)
    await requireEmpty(client)
    await downgrade(client, runner, target)
  } else if (!replace && ledger.length > 0) {
    await requireEmpty(client)
  }
  await upgrade(client, runner, target)
  return undefined
}

/** Inside a transaction. Rows that are going to be replaced anyway would only be in the way of the migrations back. */
async function goBack(client: pg.ClientBase, target: string, runner: RunnerOptions): Promise<void> {
  const tables = await backupTables(client)
  await client.query(`TRUNCATE ${tables.map(({ name }) => quoted(name)).join(', ')}`)
  await downgrade(client, { ...runner, inTransaction: true }, target)
  await upgrade(client, { ...runner, inTransaction: true }, target)
}

/** Before a migration runs on it; the load looks again, when nobody can add anything any more. */
async function requireEmpty(client: pg.ClientBase): Promise<void> {
  const tables = await backupTables(client)
  await client.query('BEGIN')
  try {
    for (const { name } of tables) await client.query(`ALTER TABLE ${quoted(name)} NO FORCE ROW LEVEL SECURITY`)
    const full = await tablesWithRows(client, tables)
    if (full.length > 0) throw notEmpty(full)
  } finally {
    await client.query('ROLLBACK')
  }
}
