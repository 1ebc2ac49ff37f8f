import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { DatabaseSetupError } from './database-setup-error.ts'
import { addressOf } from './database-url.ts'

interface SessionOptions {
  /** How long to keep trying while the server is still coming up. */
  patienceMs?: number
  /** Told once when the server does not answer at first. */
  say?: (message: string) => void
}

/**
 * Runs `work` on one connection of its own, with `search_path` set to `public` so that a schema named after the login
 * cannot get in between. Throws {@link DatabaseSetupError} when the server cannot be reached; a refused login keeps its
 * SQLSTATE (class 28) in the error's cause.
 */
export async function withSession<T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
  options: SessionOptions = {},
): Promise<T> {
  const client = await connect(url, options)
  try {
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function connect(url: string, { patienceMs = 0, say }: SessionOptions): Promise<pg.Client> {
  const deadline = Date.now() + patienceMs
  for (let attempt = 0; ; attempt++) {
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: 5000,
      application_name: 'chatbot-platform setup',
      options: '-c search_path=public',
    })
    // A lost connection also fails the query that waits for it; without a listener it would end the process.
    client.on('error', () => undefined)
    try {
      await client.connect()
      return client
    } catch (error) {
      await client.end().catch(() => undefined)
      if (!isComingUp(error) || Date.now() >= deadline) throw unreachable(url, error)
      if (attempt === 0) say?.(`waiting for PostgreSQL at ${addressOf(url)}`)
      await sleep(250)
    }
  }
}

/** Refused connections, and 57P03: the server is starting up. */
function isComingUp(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return code === 'ECONNREFUSED' || code === '57P03' || code === 'ENOENT'
}

function unreachable(url: string, error: unknown): DatabaseSetupError {
  const { message, code } = error as { message?: string; code?: string }
  const pooler = message?.includes('startup parameter') ? ' (a PgBouncer belongs into DATABASE_POOLER_URL)' : ''
  const reason = (message || code || 'no reason given') + pooler
  return new DatabaseSetupError(`Cannot connect to PostgreSQL at ${addressOf(url)}: ${reason}`, { cause: error })
}
