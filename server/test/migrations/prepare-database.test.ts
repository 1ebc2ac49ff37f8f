import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { parseDatabaseUrl, withLogin } from '../../src/platform/database/database-url.ts'
import { type PreparedDatabase, prepareDatabase } from '../../src/platform/database/prepare-database.ts'
import { withSession } from '../../src/platform/database/session.ts'
import { strengthsOf } from '../../src/platform/database/weakness.ts'
import { asAdmin, createTestDatabase, type TestDatabase } from '../support/databases.ts'

const dataDir = await mkdtemp(join(tmpdir(), 'prepare-test-'))
afterAll(() => rm(dataDir, { recursive: true }))

function prepare(url: string, ownerUrl?: string): Promise<PreparedDatabase> {
  return prepareDatabase({
    url,
    ownerUrl,
    dataDir,
    appVersion: 'test',
    logger: pino({ level: 'silent' }),
    patienceMs: 0,
  })
}

async function databaseFor(options: { empty: boolean }): Promise<TestDatabase> {
  const database = await createTestDatabase(options)
  onTestFinished(database.drop)
  return database
}

/** A login of this test with some attributes; `url` leads to the database with it. */
async function makeLogin(database: TestDatabase, attributes: string): Promise<{ login: string; url: string }> {
  const login = `login_${randomBytes(6).toString('hex')}`
  await asAdmin(`CREATE ROLE ${login} LOGIN PASSWORD 'secret' ${attributes}`)
  onTestFinished(async () => {
    await database.drop()
    await asAdmin(`DROP OWNED BY ${login} CASCADE`)
    await asAdmin(`DROP ROLE ${login}`)
  })
  return { login, url: withLogin(database.superuserUrl, login, 'secret') }
}

function asSuperuser(database: TestDatabase, sql: string): Promise<unknown> {
  return withSession(database.superuserUrl, (client) => client.query(sql))
}

test('two logins: the database is migrated, and the weak one serves', async () => {
  const { ownerUrl, runtimeUrl } = await databaseFor({ empty: true })
  expect(await prepare(runtimeUrl, ownerUrl)).toEqual({ runtimeUrl, ownerUrl })
  const { rows } = await withSession(runtimeUrl, (client) =>
    client.query('SELECT count(*)::int AS projects FROM projects'),
  )
  expect(rows).toEqual([{ projects: 0 }])
})

test('four servers that start at once all come up', async () => {
  const { ownerUrl, runtimeUrl } = await databaseFor({ empty: true })
  const started = await Promise.all(Array.from({ length: 4 }, () => prepare(runtimeUrl, ownerUrl)))
  expect(started).toHaveLength(4)
  const { rows } = await withSession(ownerUrl, (client) => client.query('SELECT 1 FROM schema_migrations'))
  expect(rows.length).toBeGreaterThan(0)
})

test('the weak login alone serves once the database is migrated, not before', async () => {
  const migrated = await databaseFor({ empty: false })
  expect(await prepare(migrated.runtimeUrl)).toEqual({ runtimeUrl: migrated.runtimeUrl, ownerUrl: null })
  const empty = await databaseFor({ empty: true })
  await expect(prepare(empty.runtimeUrl)).rejects.toThrow('Set DATABASE_OWNER_URL')
})

test('a superuser’s URL alone: the server makes itself a weak login, and finds it again', async () => {
  const { superuserUrl, name } = await databaseFor({ empty: true })
  const { runtimeUrl, ownerUrl } = await prepare(superuserUrl)
  const login = parseDatabaseUrl(runtimeUrl).username
  onTestFinished(() => dropLogin(login, name))
  expect(ownerUrl).toBe(superuserUrl)
  expect(login).toMatch(/^chatbot_app_[0-9a-f]{8}$/)
  expect(await withSession(runtimeUrl, strengthsOf)).toEqual([])
  expect((await prepare(superuserUrl)).runtimeUrl).toBe(runtimeUrl)
})

test('the login it made gets its password back when somebody changed it', async () => {
  const { superuserUrl, name } = await databaseFor({ empty: true })
  const { runtimeUrl } = await prepare(superuserUrl)
  const login = parseDatabaseUrl(runtimeUrl).username
  onTestFinished(() => dropLogin(login, name))
  await asAdmin(`ALTER ROLE ${login} PASSWORD 'another'`)
  await expect(withSession(runtimeUrl, strengthsOf)).rejects.toThrow('password authentication failed')
  await prepare(superuserUrl)
  expect(await withSession(runtimeUrl, strengthsOf)).toEqual([])
})

test('servers that start at once with one strong URL make one login', async () => {
  const { superuserUrl, name } = await databaseFor({ empty: true })
  const started = await Promise.all(Array.from({ length: 3 }, () => prepare(superuserUrl)))
  const urls = new Set(started.map(({ runtimeUrl }) => runtimeUrl))
  onTestFinished(() => dropLogin(parseDatabaseUrl([...urls][0] ?? '').username, name))
  expect(urls.size).toBe(1)
})

test('an owner that may not make logins is told the SQL to run, and after it the server starts', async () => {
  const database = await databaseFor({ empty: true })
  const { login, url } = await makeLogin(database, '')
  await asSuperuser(database, `ALTER DATABASE ${database.name} OWNER TO ${login}`)
  const refusal = await prepare(url).catch((error: Error) => error.message)
  expect(refusal).toContain(`The server must not serve requests with the login "${login}"`)
  expect(refusal).toContain(`GRANT chatbot_system TO "${login}";`)
  await asSuperuser(database, `GRANT chatbot_system TO "${login}"`)
  const weak = await makeLogin(database, 'IN ROLE chatbot_runtime')
  expect(await prepare(weak.url, url)).toEqual({ runtimeUrl: weak.url, ownerUrl: url })
})

test('an owner without the right to grant is told what is missing', async () => {
  const database = await databaseFor({ empty: true })
  const { login, url } = await makeLogin(database, '')
  await asSuperuser(database, `ALTER DATABASE ${database.name} OWNER TO ${login}`)
  const refusal = await prepare(database.runtimeUrl, url).catch((error: Error) => error.message)
  expect(refusal).toContain(`GRANT chatbot_system TO "${login}"`)
  expect(refusal).toContain(`GRANT chatbot_runtime TO "${login}" WITH ADMIN OPTION;`)
})

test('an owner URL whose login does not own the database is refused', async () => {
  const database = await databaseFor({ empty: true })
  const { login, url } = await makeLogin(database, 'CREATEROLE')
  await expect(prepare(database.runtimeUrl, url)).rejects.toThrow(`The login "${login}" does not own the database`)
})

test('two URLs that lead to different databases are refused', async () => {
  const [one, other] = [await databaseFor({ empty: true }), await databaseFor({ empty: true })]
  await expect(prepare(one.runtimeUrl, other.ownerUrl)).rejects.toThrow('lead to different databases')
})

test('a server that cannot be reached is told without the password', async () => {
  const { superuserUrl } = await databaseFor({ empty: true })
  const url = withLogin(superuserUrl, 'nobody_here', 'hunter2')
  const message = await prepare(url).catch((error: Error) => error.message)
  expect(message).toContain('Cannot connect to PostgreSQL at')
  expect(message).not.toContain('hunter2')
})

test.each([
  ['is a superuser', 'SUPERUSER', []],
  ['has the attribute BYPASSRLS', 'BYPASSRLS', []],
  ['has the attribute CREATEROLE', 'CREATEROLE', []],
  ['has the attribute CREATEDB', 'CREATEDB', []],
  ['has the attribute REPLICATION', 'REPLICATION', []],
  ['is a member of the role chatbot_system', 'IN ROLE chatbot_system', []],
  ['is a member of the role pg_read_all_data', 'IN ROLE pg_read_all_data', []],
  ['is a member of the role pg_execute_server_program', 'IN ROLE pg_execute_server_program', []],
  ['owns public.theirs', '', ['CREATE TABLE theirs (id int)', 'ALTER TABLE theirs OWNER TO $login']],
  [
    'owns the function public.mine',
    '',
    [`CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'`, 'ALTER FUNCTION mine() OWNER TO $login'],
  ],
  ['owns the schema own', '', ['CREATE SCHEMA own AUTHORIZATION $login', 'REVOKE CREATE ON SCHEMA own FROM $login']],
  ['may create in the schema public', '', ['GRANT CREATE ON SCHEMA public TO $login']],
  ['may create in the database', '', ['GRANT CREATE ON DATABASE $database TO $login']],
  ['may truncate or put triggers on public.users', '', ['GRANT TRUNCATE ON users TO $login']],
])('a login to serve with is refused when it %s', async (strength, attributes, statements) => {
  const database = await databaseFor({ empty: false })
  const { login, url } = await makeLogin(database, attributes)
  for (const sql of statements) {
    await asSuperuser(database, sql.replace('$login', login).replace('$database', database.name))
  }
  const refusal = await prepare(url, database.ownerUrl).catch((error: Error) => error.message)
  expect(refusal).toContain('DATABASE_URL must name a login that cannot get around row-level security, but it\n')
  expect(refusal).toContain(`  - ${strength.replace('the database', `the database ${database.name}`)}`)
})

test('the owner itself is refused as the login to serve with', async () => {
  const { ownerUrl } = await databaseFor({ empty: false })
  await expect(prepare(ownerUrl, ownerUrl)).rejects.toThrow(/has the attribute CREATEROLE\n {2}- owns the database/)
})

test('a URL without a password gets a login whose key is kept in the data folder', async () => {
  const { superuserUrl, name } = await databaseFor({ empty: true })
  const { password, username } = parseDatabaseUrl(superuserUrl)
  process.env.PGPASSWORD = decodeURIComponent(password)
  onTestFinished(() => {
    delete process.env.PGPASSWORD
  })
  const { runtimeUrl } = await prepare(withLogin(superuserUrl, decodeURIComponent(username), ''))
  onTestFinished(() => dropLogin(parseDatabaseUrl(runtimeUrl).username, name))
  const path = join(dataDir, 'runtime-login.key')
  expect((await readFile(path, 'utf8')).length).toBe(64)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await withSession(runtimeUrl, strengthsOf)).toEqual([])
})

async function dropLogin(login: string, database: string): Promise<void> {
  await asAdmin(`REVOKE ALL ON DATABASE ${database} FROM ${login}`)
  await asAdmin(`DROP ROLE ${login}`)
}
