import pg from 'pg'
import { needsSql } from '../database/database-setup-error.ts'
import { backupRole } from '../database/programmable.ts'
import { readLedger } from '../migrations/ledger.ts'
import { newHead } from './archive-format.ts'
import { BackupError } from './backup-error.ts'
import { copyOut } from './copy-streams.ts'
import type { BackupSource } from './source.ts'
import { type BackupTable, backupTables, copyOutSql, quoted, sequencePositions, useBackupSettings } from './tables.ts'

/** From here on a membership says separately whether it is inherited and whether SET ROLE is allowed. */
const versionWithMembershipOptions = 160_000

/**
 * Runs `work` with everything the database holds at one moment, while others go on reading and writing: one repeatable
 * read transaction, which locks the tables against changes of their structure only. `client` is a session of the owner
 * login, which sees all rows by taking on the backup role. Throws {@link BackupError} or `DatabaseSetupError`.
 */
export async function withSnapshot<T>(
  client: pg.ClientBase,
  appVersion: string,
  work: (source: BackupSource) => Promise<T>,
): Promise<T> {
  await useBackupSettings(client)
  const server = await describeServer(client)
  if (!server.isOwner) {
    throw new BackupError(
      `The login "${server.login}" does not own the tables. Set DATABASE_OWNER_URL to the login that does.`,
    )
  }
  const tables = await backupTables(client)
  if (tables.length === 0) throw new BackupError('There is nothing to back up: the database holds no tables.')
  await requireAllRowsVisible(client)
  await begin(client, tables, server)
  try {
    // The first look at data: from here on the transaction sees this moment.
    const migrations = await appliedMigrations(client)
    const createdAt = (await client.query<{ now: Date }>('SELECT clock_timestamp() AS now')).rows[0]?.now ?? new Date()
    if (JSON.stringify(await backupTables(client)) !== JSON.stringify(tables)) {
      throw new BackupError('The database was migrated just now. Run the command again.')
    }
    const head = newHead({
      created_at: createdAt.toISOString(),
      release: appVersion,
      postgres: server.release,
      migrations,
      tables,
    })
    return await work({ head, tables: () => contents(client, tables), sequences: () => sequencePositions(client) })
  } finally {
    await client.query('ROLLBACK').catch(() => undefined)
  }
}

async function* contents(client: pg.ClientBase, tables: readonly BackupTable[]) {
  await client.query(`SET LOCAL ROLE ${backupRole}`)
  for (const table of tables) yield { ...table, rows: copyOut(client, copyOutSql(table)) }
  await client.query('SET LOCAL ROLE NONE')
}

interface Server {
  login: string
  version: number
  release: string
  isOwner: boolean
  isMember: boolean
}

async function describeServer(client: pg.ClientBase): Promise<Server> {
  const { rows } = await client.query<Server>(
    `SELECT current_user AS login, current_setting('server_version_num')::int AS version,
            split_part(current_setting('server_version'), ' ', 1) AS release,
            coalesce((SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class
              WHERE oid = to_regclass('public.schema_migrations')), true) AS "isOwner",
            EXISTS (SELECT FROM pg_roles WHERE rolname = $1 AND pg_has_role(current_user, oid,
              CASE WHEN current_setting('server_version_num')::int >= $2 THEN 'SET' ELSE 'MEMBER' END)) AS "isMember"`,
    [backupRole, versionWithMembershipOptions],
  )
  return rows[0] as Server
}

/** A table whose rows the backup role may not see would be saved as an empty one. */
async function requireAllRowsVisible(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname::text AS name FROM pg_class c
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND c.relrowsecurity
        AND NOT EXISTS (SELECT FROM pg_policy p JOIN pg_roles r ON r.oid = ANY (p.polroles) WHERE p.polrelid = c.oid
          AND r.rolname = $1 AND p.polcmd = 'r' AND p.polpermissive AND pg_get_expr(p.polqual, c.oid) = 'true')
         OR c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
        AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND NOT p.polpermissive)
      ORDER BY 1`,
    [backupRole],
  )
  if (rows.length === 0) return
  const names = rows.map(({ name }) => name).join(', ')
  throw new BackupError(
    `A backup would miss rows of ${names}: the role ${backupRole} may not see them all. ` +
      'Run "npm run db -- upgrade" first; "npm run db -- doctor" tells what else is wrong.',
  )
}

async function begin(client: pg.ClientBase, tables: readonly BackupTable[], server: Server): Promise<void> {
  const { login, version, isMember } = server
  const canLimit = version >= versionWithMembershipOptions
  const membership = `GRANT ${backupRole} TO ${pg.escapeIdentifier(login)}${canLimit ? ' WITH INHERIT FALSE, SET TRUE' : ''};`
  if (!isMember && canLimit) await granted(client, login, membership)
  // Before version 16 a member always has the role's rights, so there the membership ends with the transaction.
  const isTemporary = !isMember && !canLimit
  await client.query(`BEGIN ISOLATION LEVEL REPEATABLE READ${isTemporary ? '' : ' READ ONLY'}`)
  try {
    // Before anything is read, so that what is locked is what the transaction will see.
    await client.query(`LOCK TABLE ${tables.map(({ name }) => quoted(name)).join(', ')} IN ACCESS SHARE MODE`)
    if (isTemporary) await granted(client, login, membership)
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}

async function granted(client: pg.ClientBase, login: string, membership: string): Promise<void> {
  try {
    await client.query(membership)
  } catch (error) {
    if ((error as { code?: unknown }).code !== '42501') throw error
    throw needsSql(`The login "${login}" may not take on the role ${backupRole}, which sees every row.`, [membership])
  }
}

async function appliedMigrations(client: pg.ClientBase): Promise<{ id: string; checksum: string }[]> {
  const ledger = await readLedger(client)
  const unfinished = ledger.find((entry) => entry.unfinished !== null)
  if (unfinished) {
    throw new BackupError(`Migration ${unfinished.id} is unfinished: run "npm run db -- upgrade" before a backup.`)
  }
  if (ledger.length === 0) throw new BackupError('There is nothing to back up: the database is not migrated.')
  return ledger.map(({ id, checksum }) => ({ id, checksum }))
}
