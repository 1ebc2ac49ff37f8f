import pg from 'pg'
import type { Logger } from '../logger.ts'
import { readLedger } from '../migrations/ledger.ts'
import { lockWaitMs, withMigrationLock } from '../migrations/lock.ts'
import { requireRelease } from '../migrations/release.ts'
import { upgrade } from '../migrations/runner.ts'
import { migrationsState } from '../migrations/state.ts'
import { DatabaseSetupError, needsSql } from './database-setup-error.ts'
import { backupRole, runtimeRole, systemRole } from './programmable.ts'
import { ensureRoles, ensureRuntimeMember, requireUsableDatabase } from './roles.ts'
import { ensureRuntimeLogin } from './runtime-login.ts'
import { withSession } from './session.ts'
import { strengthsOf } from './weakness.ts'

export interface PrepareOptions {
  /** The login the server runs as; without `ownerUrl` possibly a strong one. */
  url: string
  /** The login that owns the tables. */
  ownerUrl?: string | undefined
  /** Where a key for the derived password is kept when the URL holds no password. */
  dataDir: string
  appVersion: string
  logger: Logger
  /** How long to wait for a server that is still coming up; 30 s unless told. */
  patienceMs?: number
  migrationsDir?: string
}

export interface PreparedDatabase {
  /** For the pool; this login cannot get around row-level security. */
  runtimeUrl: string
  /** For migrations; null where the server has only the weak login and someone else migrates. */
  ownerUrl: string | null
}

/**
 * Makes a database ready to serve: checks its version, makes the roles, applies the migrations, and proves that the login
 * the server runs as is weak. Throws {@link DatabaseSetupError} (what to change, with the SQL) or `MigrationError`.
 */
export async function prepareDatabase(options: PrepareOptions): Promise<PreparedDatabase> {
  const { url, ownerUrl, logger, patienceMs = 30_000 } = options
  const waiting = { patienceMs, say: (message: string) => logger.info(message) }
  return withSession(
    ownerUrl ?? url,
    (owner) => (ownerUrl ? prepareBoth(owner, ownerUrl, options) : prepareSingle(owner, options)),
    waiting,
  )
}

/** Two logins are configured: prove that the one to serve with is weak before anything is changed. */
async function prepareBoth(owner: pg.Client, ownerUrl: string, options: PrepareOptions): Promise<PreparedDatabase> {
  await requireUsableDatabase(owner)
  const login = await withSession(options.url, async (runtime) => {
    await requireWeak(runtime, 'DATABASE_URL must name a login that cannot get around row-level security')
    await requireSameDatabase(owner, runtime)
    return (await one<{ login: string }>(runtime, 'SELECT session_user AS login')).login
  })
  await alone(owner, options, async () => {
    await ensureRoles(owner)
    await ensureRuntimeMember(owner, login)
    await migrate(owner, options)
  })
  return { runtimeUrl: options.url, ownerUrl }
}

/** One login is configured: a weak one serves as it is, beside a strong one the server makes a weak one for itself. */
async function prepareSingle(client: pg.Client, options: PrepareOptions): Promise<PreparedDatabase> {
  if ((await strengthsOf(client)).length === 0) return serveAsIs(client, options)
  await requireUsableDatabase(client)
  await requireMayMakeLogins(client)
  const runtimeUrl = await alone(client, options, async () => {
    await ensureRoles(client)
    const made = await ensureRuntimeLogin(client, options.url, options.dataDir)
    await withSession(made, (runtime) => requireWeak(runtime, 'The login the server made for itself must be weak'))
    await migrate(client, options)
    return made
  })
  return { runtimeUrl, ownerUrl: options.url }
}

/** One starting process at a time: PostgreSQL refuses concurrent changes of the same role or grant. */
function alone<T>(client: pg.Client, { logger }: PrepareOptions, work: () => Promise<T>): Promise<T> {
  return withMigrationLock(client, { say: (message) => logger.info(message), waitMs: lockWaitMs }, work)
}

async function migrate(owner: pg.Client, { logger, appVersion, migrationsDir }: PrepareOptions): Promise<void> {
  await upgrade(owner, { say: (message) => logger.info(message), appVersion, migrationsDir })
}

/** A weak login alone can serve once somebody else has migrated, which is how several servers are often deployed. */
async function serveAsIs(client: pg.Client, options: PrepareOptions): Promise<PreparedDatabase> {
  const { url, appVersion, migrationsDir: dir } = options
  // A login without the runtime role may not even read which migrations are applied.
  const state = await migrationsState(client, { appVersion, dir }).catch(() => 'pending')
  if (state === 'too_old') requireRelease(appVersion, await readLedger(client))
  if (state !== 'pending') return { runtimeUrl: url, ownerUrl: null }
  throw new DatabaseSetupError(
    'The database is not migrated, and the login of DATABASE_URL may not do it. Set DATABASE_OWNER_URL to the login that owns the database, here or for `npm run db -- upgrade`.',
  )
}

async function requireWeak(runtime: pg.Client, complaint: string): Promise<void> {
  const strengths = await strengthsOf(runtime)
  if (strengths.length === 0) return
  throw new DatabaseSetupError(`${complaint}, but it\n${strengths.map((strength) => `  - ${strength}`).join('\n')}`)
}

async function requireMayMakeLogins(client: pg.Client): Promise<void> {
  const { login, may } = await one<{ login: string; may: boolean }>(
    client,
    'SELECT rolname AS login, rolsuper OR rolcreaterole AS may FROM pg_roles WHERE rolname = current_user',
  )
  if (may) return
  throw needsSql(
    `The server must not serve requests with the login "${login}", which owns the database, and that login may not make another.`,
    [
      `CREATE ROLE ${runtimeRole} NOLOGIN;`,
      `CREATE ROLE ${systemRole} NOLOGIN;`,
      `CREATE ROLE ${backupRole} NOLOGIN;`,
      `GRANT ${systemRole} TO ${pg.escapeIdentifier(login)};`,
      `CREATE ROLE chatbot_app LOGIN PASSWORD 'choose one' IN ROLE ${runtimeRole};`,
      '-- then set DATABASE_OWNER_URL to the present URL and DATABASE_URL to one with chatbot_app',
    ],
  )
}

async function requireSameDatabase(owner: pg.Client, runtime: pg.Client): Promise<void> {
  const sql = `SELECT current_database() || ', started ' || pg_postmaster_start_time() AS which`
  const [a, b] = [await one<{ which: string }>(owner, sql), await one<{ which: string }>(runtime, sql)]
  if (a.which === b.which) return
  throw new DatabaseSetupError('DATABASE_URL and DATABASE_OWNER_URL lead to different databases.')
}

async function one<R extends pg.QueryResultRow>(client: pg.Client, sql: string): Promise<R> {
  return (await client.query<R>(sql)).rows[0] as R
}
