import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withSession } from '../../src/platform/database/session.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import type { TestDatabase } from '../support/databases.ts'
import { converse, databaseFor, fingerprints, restore, save } from './backup-scene.ts'
import { later, laterMigrations, migrate, newest } from './later-release.ts'

let app: TestApp
let [path, otherPath, dir] = ['', '', '']
beforeAll(async () => {
  app = await startTestApp()
  await converse(app)
  otherPath = await save(app.database)
  await converse(app)
  path = await save(app.database)
  dir = await laterMigrations()
})
afterAll(() => app.close())

/** Another backup's rows in the tables of a later release. */
async function aheadDatabase(): Promise<TestDatabase> {
  const target = await databaseFor()
  await restore(target, otherPath)
  await migrate(target, dir)
  return target
}

/** Restores over the database until that many lines were said; resolves to the signal that ended it. */
async function restoreUntil(database: TestDatabase, migrationsDir: string, lines: number): Promise<string | null> {
  const script = fileURLToPath(new URL('restore-process.ts', import.meta.url))
  const child = fork(script, [database.ownerUrl, path, migrationsDir, String(lines)], { stdio: 'ignore' })
  const [, signal] = await once(child, 'exit')
  await nobodyIn(database)
  return signal
}

/** PostgreSQL notices a client that is gone when it next has something to tell it. */
function nobodyIn(database: TestDatabase): Promise<void> {
  return withSession(database.superuserUrl, async (client) => {
    const others = `SELECT FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`
    await expect.poll(async () => (await client.query(others)).rowCount, { timeout: 10_000 }).toBe(0)
  })
}

test('a restore over a newer schema is killed: the database is as it was, or as the backup', {
  timeout: 90_000,
}, async () => {
  const target = await aheadDatabase()
  const before = await fingerprints(target)
  let killed = 0
  for (;;) {
    expect(await restoreUntil(target, dir, killed)).toBe('SIGKILL')
    const found = await fingerprints(target)
    if (found.messages !== before.messages) break
    expect(found).toEqual(before)
    expect(await newest(target)).toBe(later)
    killed += 2
  }
  expect(killed).toBeGreaterThan(6)
  const { message_search: _, ...saved } = await fingerprints(app.database)
  expect(await fingerprints(target)).toMatchObject(saved)
  await migrate(target, dir)
  expect(await newest(target)).toBe(later)
})

test('a restore over a schema that cannot be gone back from leaves the database as it was', async () => {
  const target = await aheadDatabase()
  const before = await fingerprints(target)
  // Its release is not there to undo its migration, or the undoing fails.
  await expect(restore(target, path, { replace: true })).rejects.toThrow('only that code can revert it')
  const broken = await laterMigrations('DROP TABLE numbers; DROP TABLE no_such_table;')
  await expect(restore(target, path, { replace: true, dir: broken })).rejects.toThrow('Nothing of it was kept')
  expect(await fingerprints(target)).toEqual(before)
  expect(await newest(target)).toBe(later)
})

test('steps that elsewhere run outside of a transaction are part of it, or refused', async () => {
  const target = await aheadDatabase()
  const concurrent =
    '-- step: no transaction\nDROP INDEX CONCURRENTLY numbers_pkey2;\n\n-- step: transaction\nDROP TABLE numbers;'
  await withSession(target.ownerUrl, (client) => client.query('CREATE UNIQUE INDEX numbers_pkey2 ON numbers (n)'))
  const vacuum = await laterMigrations('-- step: no transaction\nVACUUM numbers;')
  await expect(restore(target, path, { replace: true, dir: vacuum })).rejects.toThrow('cannot be part of a transaction')
  expect(await newest(target)).toBe(later)
  await restore(target, path, { replace: true, dir: await laterMigrations(concurrent) })
  expect((await fingerprints(target)).messages).toBe((await fingerprints(app.database)).messages)
})
