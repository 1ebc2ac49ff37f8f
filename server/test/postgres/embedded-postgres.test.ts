import { appendFile, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { openEmbeddedPostgres } from '../../src/platform/postgres/embedded-postgres.ts'
import { boundLog } from '../../src/platform/postgres/log-file.ts'
import { keepNote, postmasterPid, query, silent, useScene } from './embedded-support.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const scene = await useScene()

test('the first start makes a durable PostgreSQL 18 whose logins are weak', async () => {
  const postgres = await scene.start()
  expect(postgres).toMatchObject({ adopted: false, version: expect.stringMatching(/^18\.\d+$/) })

  const settings = await query<{ name: string; setting: string }>(
    postgres.runtimeUrl,
    `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes',
       'data_checksums', 'jit', 'server_encoding', 'TimeZone', 'listen_addresses')`,
  )
  expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    data_checksums: 'on',
    jit: 'off',
    server_encoding: 'UTF8',
    TimeZone: 'UTC',
    listen_addresses: '',
  })
  const roles = await query(
    postgres.ownerUrl,
    `SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles
      WHERE rolname LIKE 'chatbot%' ORDER BY rolname`,
  )
  const weak = { rolsuper: false, rolbypassrls: false, rolcreatedb: false }
  expect(roles).toEqual([
    { rolname: 'chatbot_app', rolcreaterole: false, ...weak },
    { rolname: 'chatbot_owner', rolcreaterole: true, ...weak },
  ])
})

test('the owner may make tables and the trusted extensions, the runtime login may not', async () => {
  const { ownerUrl, runtimeUrl } = await scene.start()
  for (const name of ['pg_trgm', 'unaccent', 'citext', 'btree_gin']) await query(ownerUrl, `CREATE EXTENSION ${name}`)
  await query(ownerUrl, 'CREATE TABLE notes (text text)')
  await expect(query(runtimeUrl, 'CREATE TABLE mine (text text)')).rejects.toMatchObject({ code: '42501' })
  await expect(query(runtimeUrl, 'CREATE TEMP TABLE mine (text text)')).rejects.toMatchObject({ code: '42501' })
  await expect(query(runtimeUrl, 'SELECT * FROM notes')).rejects.toMatchObject({ code: '42501' })
})

test('texts compare and fold as Unicode, whatever locales the machine has', async () => {
  const { runtimeUrl } = await scene.start()
  const rows = await query(runtimeUrl, `SELECT lower('ÄÉЖ') AS folded, 'Ä' ~* 'ä' AS matches`)
  expect(rows).toEqual([{ folded: 'äéж', matches: true }])
})

test('the second start keeps data and passwords and is quick', async () => {
  const first = await scene.start()
  await keepNote(first.ownerUrl, 'kept_over_a_stop')
  await first.stop()

  const startedAt = performance.now()
  const second = await scene.start()
  // 90 ms on an idle machine with two cores.
  expect(performance.now() - startedAt).toBeLessThan(1_000)
  expect(second.ownerUrl).toBe(first.ownerUrl)
  expect(await query(second.ownerUrl, 'SELECT text FROM kept_over_a_stop')).toEqual([{ text: 'kept' }])
})

test('passwords and data are closed to other accounts', async () => {
  await scene.start()
  const modeOf = async (name: string) => ((await stat(join(scene.dataDir, name))).mode & 0o777).toString(8)
  expect(await modeOf('postgres')).toBe('700')
  expect(await modeOf('postgres-credentials.json')).toBe('600')
  expect(await modeOf('postgres.log')).toBe('600')
})

test('a right taken from or given to a login by hand is put straight at the next start', async () => {
  const first = await scene.start()
  await query(first.superuserUrl, 'ALTER ROLE chatbot_app SUPERUSER')
  await query(first.superuserUrl, 'GRANT CONNECT ON DATABASE chatbot TO PUBLIC')
  await first.stop()
  const { superuserUrl } = await scene.start()
  const [found] = await query(
    superuserUrl,
    `SELECT rolsuper, has_database_privilege('public', 'chatbot', 'CONNECT') AS open FROM pg_roles
      WHERE rolname = 'chatbot_app'`,
  )
  expect(found).toEqual({ rolsuper: false, open: false })
})

test('given settings win over the defaults', async () => {
  const { superuserUrl } = await scene.start({ settings: { max_connections: '37' } })
  expect(await query(superuserUrl, 'SHOW max_connections')).toEqual([{ max_connections: '37' }])
})

test('a command uses the PostgreSQL of a running server and leaves it running', async () => {
  const server = await scene.startServer()
  const command = await openEmbeddedPostgres({ dataDir: scene.dataDir, logger: silent })
  expect(command.runtimeUrl).toBe(server.runtimeUrl)
  await command.stop()
  expect(await query(server.runtimeUrl, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }])
})

test('a command without a server runs a PostgreSQL of its own and takes it along', async () => {
  const command = await openEmbeddedPostgres({ dataDir: scene.dataDir, logger: silent })
  const pid = await postmasterPid(scene.dataDir)
  expect(await query(command.runtimeUrl, 'SELECT 1 AS alive')).toEqual([{ alive: 1 }])
  await command.stop()
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})

test('a failed statement leaves no user data in the log, and the log is bounded', async () => {
  const { ownerUrl } = await scene.start()
  const log = join(scene.dataDir, 'postgres.log')
  await query(ownerUrl, 'CREATE TABLE people (email text PRIMARY KEY)')
  const insert = `INSERT INTO people VALUES ('someone@example.com')`
  await query(ownerUrl, insert)
  await expect(query(ownerUrl, insert)).rejects.toMatchObject({ code: '23505' })
  expect(await readFile(log, 'utf8')).not.toContain('someone@example.com')

  await appendFile(log, 'x'.repeat(2_000))
  await boundLog(log, 1_000)
  expect((await stat(log)).size).toBe(0)
  expect((await stat(`${log}.1`)).size).toBeGreaterThan(2_000)
})
