import pg from 'pg'
import { isLocked } from '../database/database.ts'
import { jobsSchema } from '../database/programmable.ts'
import { BackupError } from './backup-error.ts'
import { copyIn, copyOut } from './copy-streams.ts'
import { type Digests, digestOf, digestProblems, RowsDigest } from './rows-digest.ts'
import type { BackupSource } from './source.ts'
import {
  backupTables,
  copyInSql,
  copyOutSql,
  quoted,
  type SequencePosition,
  tablesWithRows,
  useBackupSettings,
} from './tables.ts'

export interface LoadOptions {
  /** Empty the tables first; otherwise any row in them is a reason to refuse. */
  replace: boolean
  /** What the source is known to hold. */
  expected?: Digests
  say: (message: string) => void
  /** Gives the database the source's tables, as the first part of the transaction; where it has them already, nothing. */
  prepare?: () => Promise<void>
}

interface ForeignKey {
  table: string
  name: string
  definition: string
}

/**
 * Fills the tables from `source` and reads every row back, in one transaction: it is all there and equal, or nothing has
 * changed. Meanwhile row-level security does not bind the owner and the foreign keys are off, both of which nobody else
 * sees. `client` is a session of the owner login of a database with the source's migrations, which `prepare` may bring it
 * to. Returns what the tables hold. Throws {@link BackupError}, and what `prepare` throws.
 */
export async function loadTables(client: pg.ClientBase, source: BackupSource, options: LoadOptions): Promise<Digests> {
  await useBackupSettings(client)
  await client.query(`BEGIN; SET LOCAL lock_timeout = '10s'`)
  try {
    await options.prepare?.()
    const putBack = await openTables(client, source)
    await clear(client, source, options.replace)
    const given = await fill(client, source, options.say)
    const found = await readBack(client, source)
    const problems = [...digestProblems(options.expected ?? given, given), ...digestProblems(given, found)]
    if (problems.length > 0) throw new BackupError(`The copy is not equal, so it was dropped: ${problems.join('; ')}.`)
    for (const sql of putBack) await client.query(sql)
    await setSequences(client, await source.sequences())
    await client.query('COMMIT')
    return found
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    throw explained(error)
  }
}

/** Lets the owner write freely until the returned statements have run. */
async function openTables(client: pg.ClientBase, { head }: BackupSource): Promise<string[]> {
  const present = await backupTables(client)
  if (JSON.stringify(present) !== JSON.stringify(head.tables)) {
    throw new BackupError('The tables of the database are not those of the backup; "npm run db -- doctor" tells more.')
  }
  const { rows: flags } = await client.query<{ name: string; forced: boolean; triggers: boolean }>(
    `SELECT relname::text AS name, relforcerowsecurity AS forced,
            EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal) AS triggers
       FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')`,
  )
  const putBack: string[] = []
  for (const { table, name, definition } of await foreignKeys(client)) {
    await client.query(`ALTER TABLE ${quoted(table)} DROP CONSTRAINT ${pg.escapeIdentifier(name)}`)
    putBack.push(`ALTER TABLE ${quoted(table)} ADD CONSTRAINT ${pg.escapeIdentifier(name)} ${definition}`)
  }
  for (const { name } of present) {
    const { forced, triggers } = flags.find((one) => one.name === name) ?? { forced: false, triggers: false }
    const changes = [
      ...(forced ? [['NO FORCE ROW LEVEL SECURITY', 'FORCE ROW LEVEL SECURITY']] : []),
      ...(triggers ? [['DISABLE TRIGGER USER', 'ENABLE TRIGGER USER']] : []),
    ]
    for (const [open, shut] of changes) {
      await client.query(`ALTER TABLE ${quoted(name)} ${open}`)
      putBack.push(`ALTER TABLE ${quoted(name)} ${shut}`)
    }
  }
  return putBack
}

async function foreignKeys(client: pg.ClientBase): Promise<ForeignKey[]> {
  const { rows } = await client.query<ForeignKey>(
    `SELECT c.relname::text AS "table", k.conname::text AS name, pg_get_constraintdef(k.oid) AS definition
       FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
      WHERE k.contype = 'f' AND k.conparentid = 0 AND c.relnamespace = 'public'::regnamespace ORDER BY 1, 2`,
  )
  return rows
}

async function clear(client: pg.ClientBase, { head }: BackupSource, replace: boolean): Promise<void> {
  if (replace) {
    await client.query(`TRUNCATE ${head.tables.map(({ name }) => quoted(name)).join(', ')}`)
    // They speak of rows that are gone. What the backup's rows ask for is found by whoever owns that work.
    const jobs = `${jobsSchema}.job`
    const { rows } = await client.query('SELECT 1 WHERE to_regclass($1) IS NOT NULL', [jobs])
    if (rows.length > 0) await client.query(`DELETE FROM ${jobs}`)
    return
  }
  const full = await tablesWithRows(client, head.tables)
  if (full.length > 0) throw notEmpty(full)
}

/** The error for a database that already has rows in these tables. */
export function notEmpty(tables: readonly string[]): BackupError {
  return new BackupError(
    `The database is not empty: there are rows in ${tables.join(', ')}. Use an empty one, or restore with --replace.`,
  )
}

async function fill(client: pg.ClientBase, source: BackupSource, say: (message: string) => void): Promise<Digests> {
  const given: Digests = {}
  for await (const table of source.tables()) {
    const digest = new RowsDigest()
    await copyIn(client, copyInSql(table), digest.through(table.rows))
    const result = digest.result()
    given[table.name] = result
    if (result.rows > 0) say(`  ${table.name}: ${result.rows} rows`)
  }
  return given
}

async function readBack(client: pg.ClientBase, { head }: BackupSource): Promise<Digests> {
  const found: Digests = {}
  for (const table of head.tables) found[table.name] = await digestOf(copyOut(client, copyOutSql(table)))
  return found
}

async function setSequences(client: pg.ClientBase, positions: readonly SequencePosition[]): Promise<void> {
  for (const { table, column, last } of positions) {
    if (last === null) continue
    await client.query('SELECT setval(pg_get_serial_sequence($1, $2)::regclass, $3::bigint)', [
      quoted(table),
      column,
      last,
    ])
  }
}

function explained(error: unknown): unknown {
  if (!isLocked(error)) return error
  return new BackupError('Somebody uses the tables. Stop the servers of this database first.', { cause: error })
}
