import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { parseDatabaseUrl, withDatabase } from '../platform/database/database-url.ts'
import { withSession } from '../platform/database/session.ts'
import { startEmbeddedPostgres } from '../platform/postgres/embedded-postgres.ts'

/** What is thrown away need not survive a crash. */
const notDurable = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

/** Makes an empty database and returns the URL of the login that owns it. */
export type CreateScratchDatabase = () => Promise<string>

/** Runs `work` with an embedded PostgreSQL in a temporary folder that is gone afterwards. */
export async function withScratchPostgres<T>(work: (create: CreateScratchDatabase) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'chatbot-scratch-'))
  try {
    const logger = pino({ level: 'error' }, process.stderr)
    const server = await startEmbeddedPostgres({ dataDir, logger, settings: notDurable })
    const owner = parseDatabaseUrl(server.ownerUrl).username
    let count = 0
    const create = async () => {
      const name = `scratch_${++count}`
      await withSession(server.superuserUrl, (client) => client.query(`CREATE DATABASE ${name} OWNER "${owner}"`))
      return withDatabase(server.ownerUrl, name)
    }
    return await work(create).finally(server.stop)
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}
