import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { withLogin } from '../../src/platform/database/database-url.ts'
import { migrationIds } from '../../src/platform/migrations/migration-files.ts'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'

const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))
const head = (await migrationIds()).at(-1) ?? ''

async function emptyDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase({ empty: true })
  onTestFinished(database.drop)
  return database
}

/** Runs `db …` as a process of its own, as `npm run db` does; what it printed, by line. */
function db(database: TestDatabase, ...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const env = { ...process.env, DATABASE_URL: database.runtimeUrl, DATABASE_OWNER_URL: database.ownerUrl }
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, 'db', ...args], { env }, (failure, out, error) => {
      resolve({ code: failure === null ? 0 : Number(failure.code), out: out.trim(), error: error.trim() })
    })
  })
}

test('upgrade, current, history and downgrade work on the configured database', async () => {
  const database = await emptyDatabase()
  expect(await db(database, 'current')).toMatchObject({ code: 0, out: 'base' })
  expect((await db(database, 'history')).out).toContain(`${head}  pending`)
  expect((await db(database, 'upgrade')).out).toContain(`upgrade ${head}`)
  expect(await db(database, 'upgrade')).toMatchObject({ code: 0, out: 'nothing to do' })
  expect((await db(database, 'current')).out).toBe(`${head} (head)`)
  expect((await db(database, 'history')).out).toMatch(new RegExp(`${head}  applied 20.*Z by \\d`))
  expect((await db(database, 'downgrade', 'base')).out).toContain(`downgrade ${head}`)
  expect((await db(database, 'current')).out).toBe('base')
})

test('two processes that upgrade at once migrate once', async () => {
  const database = await emptyDatabase()
  const [one, other] = await Promise.all([db(database, 'upgrade'), db(database, 'upgrade')])
  expect([one.code, other.code]).toEqual([0, 0])
  const migrated = `${one.out}\n${other.out}`.split('\n').filter((line) => line === `upgrade ${head}`)
  expect(migrated).toHaveLength(1)
})

test('what cannot be done is told in a line, without a stack', async () => {
  const database = await emptyDatabase()
  expect(await db(database, 'downgrade', '-1')).toMatchObject({
    code: 1,
    error: 'Cannot go 1 back: 0 migrations are applied.',
  })
  expect(await db(database, 'upgrade', 'nowhere')).toMatchObject({ code: 1, error: 'There is no migration "nowhere".' })
})

test('a login to serve with that does not exist is told with the SQL that makes it', async () => {
  const database = await emptyDatabase()
  const runtimeUrl = withLogin(database.runtimeUrl, 'nobody_made_it', 'secret')
  const { code, error } = await db({ ...database, runtimeUrl }, 'upgrade')
  expect(code).toBe(1)
  expect(error).toContain('The login "nobody_made_it" of DATABASE_URL does not exist.')
  expect(error).toMatch(/CREATE ROLE "nobody_made_it" LOGIN PASSWORD '.+' IN ROLE chatbot_runtime;$/)
})

test.each([[[]], [['fly']], [['revision']], [['upgrade', '--fast']], [['downgrade']]])(
  'wrong usage %j shows the commands',
  async (args) => {
    const database = await emptyDatabase()
    const { code, error } = await db(database, ...args)
    expect(code).toBe(2)
    expect(error).toContain('npm run db -- <command>')
  },
)

test('check tells what a database lacks, and is content with a migrated one', { timeout: 60_000 }, async () => {
  const database = await emptyDatabase()
  expect(await db(database, 'check')).toMatchObject({
    code: 1,
    error: '- the database lacks migrations: run "npm run db -- upgrade"',
  })
  await db(database, 'upgrade')
  expect(await db(database, 'check')).toMatchObject({ code: 0, error: '' })
})
