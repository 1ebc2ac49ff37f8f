import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { AppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { Scope } from '../scope.ts'
import { openPool, sessionSettings, withLoginOf } from './pool.ts'
import { createReplica, type Replica } from './replica.ts'

/** A transaction with its tenant set: what repositories query through. */
export type Tx = NodePgDatabase

/** Who an identity transaction may see: the row of this user, this e-mail address, this refresh token. */
export interface IdentityKeys {
  userId?: string
  workspaceId?: string
  email?: string
  /** SHA-256 of a refresh token, hex. */
  tokenHash?: string
}

export interface DatabaseOptions {
  url: string
  /** PgBouncer in front of that server, in transaction mode; all but the standby's reads then goes that way. */
  poolerUrl?: string | undefined
  /** A standby of the same server; reads go there with the login of `url`. */
  replicaUrl?: string | undefined
  poolSize: number
  logger: Logger
}

/** The runtime login's connection pool and its kinds of transaction. */
export interface Database {
  /** Runs `work` in a transaction that sees and writes only this scope's workspace (row-level security). */
  tenant<T>(scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T>
  /**
   * Like `tenant`, for reading only. A replica may answer, which then shows all that was committed before the call; where
   * it cannot, the primary does. `work` may run twice.
   */
  read<T>(scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T>
  /** Runs `work` in a transaction on the identity tables, where only rows whose exact key is named are visible. */
  identity<T>(keys: IdentityKeys, work: (tx: Tx) => Promise<T>): Promise<T>
  /** One statement, prepared under its name, outside a transaction, for the functions of the hot path, which set the tenant themselves. */
  call<R extends pg.QueryResultRow>(name: string, sql: string, values: unknown[]): Promise<R[]>
  /** True when a trivial query answers within two seconds. */
  ping(): Promise<boolean>
  readonly pool: pg.Pool
  /** That one, and with a standby its own. */
  readonly pools: { primary: pg.Pool; replica?: pg.Pool }
  readonly replica: Pick<Replica, 'isCurrent' | 'look' | 'isServing'> | null
  close(): Promise<void>
}

/** Short, as the primary answers otherwise. */
const replicaConnectTimeoutMs = 1000

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Opens the pool; connects lazily. Timeouts: 5 s to get a connection, 30 s a statement, 10 s a lock, 30 s idle in a transaction. */
export function openDatabase({ url, poolerUrl, replicaUrl, poolSize: size, logger }: DatabaseOptions): Database {
  const viaPooler = poolerUrl !== undefined
  const pool = openPool({ url: poolerUrl ? withLoginOf(url, poolerUrl) : url, size, logger, viaPooler })
  // Behind a pooler a transaction may be on a connection that nobody has prepared, so it brings what it works with.
  const own = viaPooler ? sessionSettings : {}
  const replica = replicaUrl
    ? createReplica({
        primary: pool,
        pool: openPool({ url: withLoginOf(url, replicaUrl), size, logger, connectTimeoutMs: replicaConnectTimeoutMs }),
        logger,
      })
    : null

  return {
    pool,
    pools: { primary: pool, ...(replica && { replica: replica.pool }) },
    replica,
    tenant: (scope, work) => transaction(pool, settingsSql('BEGIN', { ...own, ...tenantSettings(scope) }), work),
    read: (scope, work) => {
      const begin = settingsSql('BEGIN READ ONLY', { ...own, ...tenantSettings(scope) })
      return replica ? readFrom(replica, pool, begin, work) : transaction(pool, begin, work)
    },
    identity: (keys, work) =>
      transaction(
        pool,
        settingsSql('BEGIN', {
          ...own,
          'app.user_id': keys.userId,
          'app.workspace_id': keys.workspaceId,
          'app.email': keys.email,
          'app.token_hash': keys.tokenHash,
        }),
        work,
      ),
    call: async (name, text, values) => {
      try {
        // Which of the pooler's connections has the statement prepared, nobody knows.
        return (await pool.query({ ...(viaPooler ? {} : { name }), text, values })).rows
      } catch (error) {
        throw asUnavailable(error)
      }
    },
    ping: () => ping(pool),
    close: async () => {
      await Promise.all([pool.end(), replica?.close()])
    },
  }
}

async function readFrom<T>(
  replica: Replica,
  primary: pg.Pool,
  begin: string,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  let isCurrent = false
  try {
    isCurrent = await replica.isCurrent()
  } catch (error) {
    throw asUnavailable(error)
  }
  if (!isCurrent) return transaction(primary, begin, work)
  try {
    return await transaction(replica.pool, begin, work)
  } catch (error) {
    if (!isFaultOfReplica(error)) throw error
    replica.avoid(error)
    return transaction(primary, begin, work)
  }
}

const tenantSettings = (scope: Scope) => ({ 'app.workspace_id': scope.workspaceId, 'app.user_id': scope.userId })

/** One multi-statement query, so that opening a transaction costs one round trip. */
function settingsSql(begin: 'BEGIN' | 'BEGIN READ ONLY', values: Record<string, string | undefined>): string {
  const calls = Object.entries(values)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(([name, value]) => `set_config('${name}', ${uuid.test(value) ? `'${value}'` : pg.escapeLiteral(value)}, true)`)
  return calls.length === 0 ? begin : `${begin}; SELECT ${calls.join(', ')}`
}

async function transaction<T>(pool: pg.Pool, begin: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await connect(pool)
  let broken: Error | undefined
  try {
    await client.query(begin).catch(rememberBroken)
    let result: T
    try {
      result = await work(drizzle({ client }))
    } catch (error) {
      await client.query('ROLLBACK').catch((failure: Error) => {
        broken = failure
      })
      throw asUnavailable(error)
    }
    await client.query('COMMIT').catch(rememberBroken)
    return result
  } finally {
    // A connection that failed at a border may hold a half-open transaction or another tenant's setting: never reuse it.
    client.release(broken)
  }

  function rememberBroken(error: Error): never {
    broken = error
    throw asUnavailable(error)
  }
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect()
  } catch (error) {
    throw new AppError('database_unavailable', 'The database cannot be reached at the moment. Try again shortly.', {
      retryAfterSeconds: 2,
      cause: error,
    })
  }
}

// Connection exceptions (08), operator intervention (57P) and too many connections (53300), and Node's socket errors:
// https://www.postgresql.org/docs/current/errcodes-appendix.html
const unavailable = /^(08|57P|53300|ECONN|EPIPE|ENOENT$|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)/

/** Turns "the database is away" into a 503; any other error passes unchanged. */
function asUnavailable(error: unknown): unknown {
  const root = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = (root as { code?: unknown }).code
  const message = root instanceof Error ? root.message : ''
  const away =
    (typeof code === 'string' && unavailable.test(code)) ||
    /Connection terminated|not queryable|timeout exceeded when trying to connect|Query read timeout/.test(message)
  if (!away) return error
  return new AppError('database_unavailable', 'The database cannot be reached at the moment. Try again shortly.', {
    retryAfterSeconds: 2,
    cause: error,
  })
}

/** Whether this is the 503 of a database that cannot be reached, after which nobody knows what was committed. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof AppError && error.code === 'database_unavailable'
}

/**
 * The standby is gone, or it ended a query that stood in the way of replication (serialization_failure, 40001):
 * https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-CONFLICT
 */
function isFaultOfReplica(error: unknown): boolean {
  const root = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return isUnavailable(error) || (root as { code?: unknown }).code === '40001'
}

/** Whether a row or table that somebody else held was waited for in vain (`lock_not_available`). */
export function isLocked(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === '55P03'
}

/** Whether the database refused the values themselves (SQLSTATE classes 22 and 23): trying again cannot help. */
export function isDataError(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' && /^2[23]...$/.test(code)
}

/** The constraint a failed write broke, when it was a unique or exclusion constraint (SQLSTATE 23505). */
export function violatedUnique(error: unknown): string | undefined {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  const { code, constraint } = (cause ?? {}) as { code?: string; constraint?: string }
  return code === '23505' ? constraint : undefined
}

async function ping(pool: pg.Pool): Promise<boolean> {
  const late = new Promise<false>((resolve) => setTimeout(() => resolve(false), 2000).unref())
  const answered = pool.query('SELECT 1').then(
    () => true,
    () => false,
  )
  return Promise.race([answered, late])
}
