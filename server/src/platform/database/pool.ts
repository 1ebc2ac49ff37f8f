import pg from 'pg'
import type { Logger } from '../logger.ts'
import { parseDatabaseUrl, withLogin } from './database-url.ts'

interface PoolOptions {
  url: string
  size: number
  logger: Logger
  connectTimeoutMs?: number
  /** The URL leads to a pooler in transaction mode, which refuses or forgets settings of a session. */
  viaPooler?: boolean
}

/** What every connection works with; where there is no session to set it for, every transaction. In milliseconds. */
export const sessionSettings = {
  statement_timeout: '30000',
  lock_timeout: '10000',
  idle_in_transaction_session_timeout: '30000',
  jit: 'off',
  search_path: 'public',
}

/** Connects lazily; 5 s for a connection unless told. */
export function openPool({ url, size, logger, connectTimeoutMs = 5000, viaPooler = false }: PoolOptions): pg.Pool {
  const options = Object.entries(sessionSettings).map(([name, value]) => `-c ${name}=${value}`)
  const pool = new pg.Pool({
    connectionString: url,
    max: size,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // Longer than the server's own limit, for a connection that has gone silent.
    query_timeout: 35_000,
    application_name: 'chatbot-platform',
    ...(viaPooler ? {} : { options: options.join(' ') }),
  })
  pool.on('error', (error) => logger.warn({ err: error }, 'an idle database connection was lost'))
  // The pool listens to idle connections only. One that is lost between two statements of a transaction tells nobody
  // else, and an error nobody hears would end the process; the next statement on it fails and says so.
  pool.on('connect', (client) => void client.on('error', () => undefined))
  return pool
}

/**
 * Another way to the same server, or to its standby, as the login of `url`: roles are those of the primary, and nobody
 * else's rights will do, since row-level security must bind whatever is asked there as well.
 */
export function withLoginOf(url: string, otherUrl: string): string {
  const { username, password, searchParams } = parseDatabaseUrl(url)
  const user = searchParams.get('user') ?? decodeURIComponent(username)
  return withLogin(otherUrl, user, searchParams.get('password') ?? decodeURIComponent(password))
}
