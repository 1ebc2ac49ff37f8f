import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { pino } from 'pino'
import { parseDatabaseUrl, withDatabase, withLogin } from '../../src/platform/database/database-url.ts'
import { prepareDatabase } from '../../src/platform/database/prepare-database.ts'
import { ensureRoles } from '../../src/platform/database/roles.ts'
import { withSession } from '../../src/platform/database/session.ts'
import { startTestCluster } from './test-cluster.ts'

/** Where test databases are made, and the logins they belong to. */
export interface TestUrls {
  /** A superuser. */
  admin: string
  /** Owns every test database: no superuser, bound by row-level security. */
  owner: string
  /** What the server under test runs as. */
  runtime: string
  /** Name of the migrated database that others are copied from. */
  template: string
}

export interface TestServer {
  urls: TestUrls
  stop(): Promise<void>
}

/** Opens a PostgreSQL server for tests (a given one, else an embedded one) and makes the template database in it. */
export async function openTestServer(givenUrl: string | undefined): Promise<TestServer> {
  const template = `chatbot_template_${randomBytes(4).toString('hex')}`
  const { stop, ...urls } = givenUrl ? await useGivenServer(givenUrl, template) : await useCluster(template)
  await prepareDatabase({
    url: urls.runtime,
    ownerUrl: urls.owner,
    dataDir: '',
    appVersion: 'test',
    logger: pino({ level: 'silent' }),
  })
  return { urls: { ...urls, template }, stop }
}

async function useCluster(template: string) {
  const { superuserUrl, ownerUrl, runtimeUrl, stop } = await startTestCluster()
  const owner = parseDatabaseUrl(ownerUrl).username
  await withSession(superuserUrl, (client) => client.query(`CREATE DATABASE ${template} OWNER "${owner}"`))
  return {
    admin: superuserUrl,
    owner: withDatabase(ownerUrl, template),
    runtime: withDatabase(runtimeUrl, template),
    stop,
  }
}

/** On a server that is not ours alone: logins of this run only, which go with it. */
async function useGivenServer(url: string, template: string) {
  const admin = url.replace(/^postgres(ql)?(\+\w+)?:/, 'postgresql:')
  const password = randomBytes(16).toString('hex')
  const [owner, runtime] = [`${template}_owner`, `${template}_app`]
  await withSession(admin, async (client) => {
    await client.query(`CREATE ROLE ${owner} LOGIN CREATEROLE PASSWORD '${password}'`)
    await client.query(`CREATE ROLE ${runtime} LOGIN PASSWORD '${password}'`)
    await client.query(`CREATE DATABASE ${template} OWNER ${owner}`)
  })
  await withSession(withDatabase(admin, template), async (client) => {
    await ensureRoles(client)
    await client.query(await membershipsSql(client, owner))
  })
  return {
    admin,
    owner: withLogin(withDatabase(admin, template), owner, password),
    runtime: withLogin(withDatabase(admin, template), runtime, password),
    stop: () => removeFrom(admin, template, [runtime, owner]),
  }
}

/**
 * As the product itself makes an owner a member: without the rights of the roles that see all rows. Before PostgreSQL 16 a
 * member always has them, so there the owner makes itself a member of the backup role while it takes a backup.
 */
async function membershipsSql(client: pg.Client, owner: string): Promise<string> {
  const { rows } = await client.query<{ old: boolean }>(
    `SELECT current_setting('server_version_num')::int < 160000 AS old`,
  )
  return rows[0]?.old
    ? `GRANT chatbot_system, chatbot_runtime TO ${owner} WITH ADMIN OPTION`
    : `GRANT chatbot_runtime TO ${owner} WITH ADMIN OPTION;
       GRANT chatbot_system, chatbot_backup TO ${owner} WITH ADMIN TRUE, INHERIT FALSE, SET TRUE`
}

async function removeFrom(admin: string, template: string, roles: string[]): Promise<void> {
  await withSession(admin, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${template} WITH (FORCE)`)
    for (const role of roles) {
      await client.query(`DROP OWNED BY ${role} CASCADE`)
      await client.query(`DROP ROLE ${role}`)
    }
  })
}
