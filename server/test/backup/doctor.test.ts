import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Finding } from '../../src/cli/doctor/finding.ts'
import { rolesFinding } from '../../src/cli/doctor/role-checks.ts'
import { releaseFinding } from '../../src/cli/doctor/schema-checks.ts'
import { clockFinding, roomFinding } from '../../src/cli/doctor/server-checks.ts'
import { withLogin } from '../../src/platform/database/database-url.ts'
import { withSession } from '../../src/platform/database/session.ts'
import { asAdmin, type TestDatabase } from '../support/databases.ts'
import { databaseFor, db, folder, settingsOf } from './backup-scene.ts'

vi.setConfig({ testTimeout: 60_000 })

async function examine(database: TestDatabase): Promise<{ code: number; findings: Finding[] }> {
  const { code, out, error } = await db(settingsOf(database), 'doctor', '--json')
  if (!out.startsWith('[')) throw new Error(error)
  return { code, findings: JSON.parse(out) as Finding[] }
}

test('a database in order passes every check', async () => {
  const database = await databaseFor()
  const { code, findings } = await examine(database)
  expect(findings.filter(({ status }) => status !== 'ok')).toEqual([])
  expect(findings.map(({ check }) => check)).toEqual([
    'PostgreSQL',
    'migrations',
    'release',
    'schema',
    'row security',
    'rights',
    'roles',
    'indexes',
    'durability',
    'clock',
    'disk',
    'file storage',
    'files',
    'images',
  ])
  expect(code).toBe(0)
})

test('planted faults are all found, each with the next step', async () => {
  const database = await databaseFor()
  await withSession(database.superuserUrl, (client) =>
    client.query(
      `ALTER TABLE messages DISABLE ROW LEVEL SECURITY; ALTER TABLE prompts NO FORCE ROW LEVEL SECURITY;
       DROP INDEX projects_newest_idx; GRANT TRUNCATE ON users TO chatbot_runtime;
       UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'messages_siblings_idx'::regclass`,
    ),
  )
  const { code, findings } = await examine(database)
  const failed = Object.fromEntries(
    findings.filter(({ status }) => status === 'fail').map(({ check, found }) => [check, found]),
  )
  expect(code).toBe(1)
  expect(failed['row security']).toEqual([
    'table messages: row-level security is off',
    'table prompts: row-level security is not forced on its owner',
  ])
  expect(failed.rights).toEqual(['table users: chatbot_runtime may TRUNCATE'])
  expect(failed.indexes).toEqual([
    'messages_siblings_idx is invalid: PostgreSQL does not use it',
    'missing: index projects_newest_idx',
  ])
  expect(failed.roles?.join()).toContain('may truncate or put triggers on public.users')
  expect(failed.schema?.length).toBeGreaterThan(3)
  expect(findings.filter(({ status, next }) => status === 'fail' && !next)).toEqual([])
})

test('people read a table that says what to do', async () => {
  const database = await databaseFor({ empty: true })
  const { code, out } = await db(settingsOf(database), 'doctor')
  expect(code).toBe(1)
  expect(out).toMatch(/^ok {4}PostgreSQL +1\d\.\d/)
  expect(out).toMatch(/FAIL {2}migrations +\d{14}_initial is pending/)
  expect(out).toContain('→ Run "npm run db -- upgrade"')
})

test.each([
  ['BYPASSRLS', '', 'has the attribute BYPASSRLS'],
  ['', 'GRANT pg_read_all_data TO $login', 'is a member of the role pg_read_all_data'],
  ['', 'GRANT chatbot_backup TO $login', 'is a member of the role chatbot_backup'],
])('a login that serves and is too strong is found (%s%s)', async (attributes, grant, problem) => {
  const database = await databaseFor()
  const login = `strong_${randomBytes(4).toString('hex')}`
  await asAdmin(`CREATE ROLE ${login} LOGIN PASSWORD 'secret' ${attributes} IN ROLE chatbot_runtime`)
  onTestFinished(() => asAdmin(`DROP ROLE ${login}`))
  if (grant) await asAdmin(grant.replace('$login', login))
  const { found } = await withSession(database.superuserUrl, (client) => rolesFinding(client, undefined))
  expect(found).toContain(`login ${login}: ${problem}`)
  const url = withLogin(database.runtimeUrl, login, 'wrong')
  const refused = await withSession(database.superuserUrl, (client) => rolesFinding(client, url))
  expect(refused.found.join()).toContain('the login that serves cannot connect')
})

test('a database that shuts this release out, clocks apart, and a full disk are told', async () => {
  const database = await databaseFor()
  await withSession(database.ownerUrl, async (client) => {
    await client.query(`UPDATE schema_migrations SET oldest_release = '9.0.0' WHERE id LIKE '%initial'`)
    expect(await releaseFinding(client, '0.1.0')).toMatchObject({ status: 'fail' })
    expect(await releaseFinding(client, '9.0.0')).toMatchObject({ status: 'ok' })
    expect(await clockFinding(client, () => Date.now() - 5000)).toMatchObject({ status: 'warn' })
    expect(await clockFinding(client, () => Date.now() + 90_000)).toMatchObject({ status: 'fail' })
  })
  expect(roomFinding('', 10, 1e8).status).toBe('fail')
  expect(roomFinding('', 1e10, 5e9).status).toBe('warn')
})

test('a server that does not answer and a folder without a database are findings, and nothing is made', async () => {
  const nobody = { DATABASE_URL: 'postgres://a:hunter2@127.0.0.1:1/b' }
  const unreachable = await db({ ...nobody, DATA_DIR: folder }, 'doctor')
  expect(unreachable).toMatchObject({ code: 1, out: expect.stringContaining('FAIL  connection') })
  expect(unreachable.out).not.toContain('hunter2')
  const empty = await db({ DATA_DIR: join(folder, 'nothing') }, 'doctor')
  expect(empty).toMatchObject({ code: 1, out: expect.stringContaining('There is no embedded database in') })
})
