import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { prepareDatabase } from '../../src/platform/database/prepare-database.ts'
import { withSession } from '../../src/platform/database/session.ts'
import { readLedger } from '../../src/platform/migrations/ledger.ts'
import { isOlder } from '../../src/platform/migrations/release.ts'
import { writeRevision } from '../../src/platform/migrations/revision.ts'
import { upgrade } from '../../src/platform/migrations/runner.ts'
import { migrationsState } from '../../src/platform/migrations/state.ts'
import { startTestApp } from '../support/app.ts'
import { emptyDatabase, type Fixture, migrationFolder } from './migration-fixtures.ts'

const first = '20260101000000_first'
const second = '20260102000000_second'
const releases = (id: string, oldest: string) => `-- runs-with: >=${oldest}\nCREATE TABLE ${id} (id int);\n`

/** Release 0.3.0 with two migrations, of which the second needs `needs`; and release 0.2.0, which knows the first only. */
async function newAndOld(needs: string): Promise<{ newer: Fixture; older: Fixture }> {
  const [newer, older] = [await migrationFolder(), await migrationFolder()]
  for (const { write } of [newer, older]) await write(first, releases('a', '0.1.0'), 'DROP TABLE a;')
  await newer.write(second, releases('b', needs), 'DROP TABLE b;')
  newer.options.appVersion = '0.3.0'
  older.options.appVersion = '0.2.0'
  return { newer, older }
}

test('an older release goes on with a newer schema that suits it', async () => {
  const { newer, older } = await newAndOld('0.2.0')
  const { ownerUrl, runtimeUrl } = await emptyDatabase()
  await withSession(ownerUrl, async (client) => {
    await upgrade(client, newer.options)
    expect(await upgrade(client, older.options)).toEqual([])
  })
  const { dir, options } = older
  const state = await withSession(runtimeUrl, (client) => migrationsState(client, { ...options, dir }))
  expect(state).toBe('ahead')
})

test('a release that a migration shuts out does not start, with either login, and turns unready', async () => {
  const { newer, older } = await newAndOld('0.3.0')
  const { ownerUrl, runtimeUrl } = await emptyDatabase()
  await withSession(ownerUrl, (client) => upgrade(client, newer.options))
  const { dir, options } = older
  const refusal = `This is release 0.2.0, and the database needs 0.3.0 or newer since migration ${second}.`
  await expect(withSession(ownerUrl, (client) => upgrade(client, options))).rejects.toThrow(refusal)
  const start = { ...options, dataDir: '', logger: pino({ level: 'silent' }) }
  await expect(prepareDatabase({ ...start, url: runtimeUrl, ownerUrl })).rejects.toThrow(refusal)
  await expect(prepareDatabase({ ...start, url: runtimeUrl })).rejects.toThrow(refusal)
  const state = await withSession(runtimeUrl, (client) => migrationsState(client, { ...options, dir }))
  expect(state).toBe('too_old')
})

test('a server that runs already turns unready when a newer one shuts it out', async () => {
  const app = await startTestApp()
  onTestFinished(app.close)
  await withSession(app.database.ownerUrl, (client) =>
    client.query(`UPDATE schema_migrations SET oldest_release = '99.0.0' WHERE id LIKE '%initial'`),
  )
  expect((await fetch(`${app.url}/health/ready`)).status).toBe(503)
  expect((await fetch(`${app.url}/health/live`)).status).toBe(200)
})

test('what a file says of releases may be corrected after it was applied', async () => {
  const { newer } = await newAndOld('0.3.0')
  const { ownerUrl } = await emptyDatabase()
  await withSession(ownerUrl, async (client) => {
    await upgrade(client, newer.options)
    await newer.write(second, releases('b', '0.2.0'), 'DROP TABLE b;')
    expect(await upgrade(client, newer.options)).toEqual([])
    expect((await readLedger(client)).map(({ oldestRelease }) => oldestRelease)).toEqual(['0.1.0', '0.2.0'])
  })
})

test('a ledger from before releases were recorded is read as it is, and completed by an upgrade', async () => {
  const { newer } = await newAndOld('0.2.0')
  const { ownerUrl } = await emptyDatabase()
  await withSession(ownerUrl, async (client) => {
    await upgrade(client, newer.options)
    await client.query('ALTER TABLE schema_migrations DROP COLUMN oldest_release')
    expect((await readLedger(client)).map(({ oldestRelease }) => oldestRelease)).toEqual([null, null])
    expect(await migrationsState(client, { appVersion: '0.0.1', dir: newer.dir })).toBe('ok')
    await upgrade(client, newer.options)
    expect(await migrationsState(client, { appVersion: '0.0.1', dir: newer.dir })).toBe('too_old')
  })
})

test('a generated migration demands what the one before it demands', async () => {
  const { dir, write } = await migrationFolder()
  const options = { dir, message: 'next', autogenerate: false, appVersion: '0.9.0' }
  const revise = async (now: string) => {
    const id = (await writeRevision({ tables: {}, programmables: [] }, { ...options, now: new Date(now) })) ?? ''
    return { id, line: (await readFile(join(dir, id, 'up.sql'), 'utf8')).split('\n')[0] }
  }
  expect((await revise('2026-01-01T00:00:00Z')).line).toBe('-- runs-with: >=0.9.0')
  await write(second, releases('b', '0.4.0'), '')
  await writeFile(join(dir, second, 'snapshot.json'), '{"previous":null,"tables":[],"programmables":[]}')
  expect((await revise('2026-01-03T00:00:00Z')).line).toBe('-- runs-with: >=0.4.0')
})

test.each([
  ['0.9.0', '0.10.0', true],
  ['1.0.0', '0.10.0', false],
  ['0.2.0', '0.2.0', false],
  ['0.2.0-rc.1', '0.2.0', false],
  ['a build under test', '9.0.0', false],
])('is %s older than %s: %s', (one, other, expected) => {
  expect(isOlder(one, other)).toBe(expected)
})
