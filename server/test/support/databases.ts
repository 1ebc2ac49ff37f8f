import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { parseDatabaseUrl, withDatabase } from '../../src/platform/database/database-url.ts'
import { withSession } from '../../src/platform/database/session.ts'

/** A database of one test file; what happens in it is seen by nobody else. */
export interface TestDatabase {
  name: string
  /** The login that owns the tables; row-level security binds it too. */
  ownerUrl: string
  /** The login the server runs as. */
  runtimeUrl: string
  /** A superuser in this database, to look behind row-level security. */
  superuserUrl: string
  drop(): Promise<void>
}

/** A fresh database: a copy of the migrated template, or with `empty` one without any migration. */
export async function createTestDatabase(options: { empty?: boolean } = {}): Promise<TestDatabase> {
  const urls = inject('postgres')
  const name = `chatbot_test_${randomBytes(6).toString('hex')}`
  const template = options.empty ? 'template0' : urls.template
  const owner = decodeURIComponent(parseDatabaseUrl(urls.owner).username)
  await asAdmin(`CREATE DATABASE ${name} OWNER "${owner}" TEMPLATE ${template}`)
  return {
    name,
    ownerUrl: withDatabase(urls.owner, name),
    runtimeUrl: withDatabase(urls.runtime, name),
    superuserUrl: withDatabase(urls.admin, name),
    drop: () => asAdmin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  }
}

/** Runs one statement as the superuser, outside any test database. */
export async function asAdmin(sql: string): Promise<void> {
  await withSession(inject('postgres').admin, (client) => client.query(sql))
}
