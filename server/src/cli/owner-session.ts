import type pg from 'pg'
import { pino } from 'pino'
import { loadConfig } from '../config.ts'
import { parseDatabaseUrl } from '../platform/database/database-url.ts'
import { ensureRoles, ensureRuntimeMember, requireUsableDatabase } from '../platform/database/roles.ts'
import { withSession } from '../platform/database/session.ts'
import { lockWaitMs, withMigrationLock } from '../platform/migrations/lock.ts'
import { openEmbeddedPostgres } from '../platform/postgres/embedded-postgres.ts'
import { requireCluster } from './embedded-cluster.ts'

/** How to reach the configured database. */
export interface Logins {
  ownerUrl: string
  /** The server's own login, where it has one. */
  runtimeUrl: string | undefined
}

/**
 * Runs `work` as the login that owns the database: the configured one, else the embedded PostgreSQL's, which is started
 * for the command where no server runs on the data folder. Throws `EmbeddedPostgresError` where there is none yet.
 */
export async function withOwnerSession<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const { database, dataDir } = loadConfig()
  if (!database.url && !database.ownerUrl) await requireCluster(dataDir)
  return withLogins((logins) => withSession(logins.ownerUrl, work))
}

/** The same after making the roles, and the embedded database where it is missing, as a server does at its start. */
export async function withPreparedSession<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  return withLogins((logins) => withPreparedLogins(logins, work))
}

/** The same on a database that is not the configured one. */
export async function withPreparedLogins<T>(
  { ownerUrl, runtimeUrl }: Logins,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  return withSession(ownerUrl, async (client) => {
    await requireUsableDatabase(client)
    return withMigrationLock(client, { say: console.log, waitMs: lockWaitMs }, async () => {
      await ensureRoles(client)
      if (runtimeUrl) await ensureRuntimeMember(client, decodeURIComponent(parseDatabaseUrl(runtimeUrl).username))
      return work(client)
    })
  })
}

/** Runs `work` with the logins of the configured database, the embedded one running meanwhile. */
export async function withLogins<T>(work: (logins: Logins) => Promise<T>): Promise<T> {
  const { database, dataDir } = loadConfig()
  if (database.ownerUrl) return work({ ownerUrl: database.ownerUrl, runtimeUrl: database.url })
  if (database.url) return work({ ownerUrl: database.url, runtimeUrl: undefined })
  const embedded = await openEmbeddedPostgres({ dataDir, logger: pino({ level: 'warn' }, process.stderr) })
  return work(embedded).finally(embedded.stop)
}
