import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { withSession } from '../../src/platform/database/session.ts'
import { readLedger } from '../../src/platform/migrations/ledger.ts'
import { withMigrationLock } from '../../src/platform/migrations/lock.ts'
import { downgrade, upgrade } from '../../src/platform/migrations/runner.ts'
import { migrationsState } from '../../src/platform/migrations/state.ts'
import { emptyDatabase, type Fixture, migrationFolder, tablesOf } from './migration-fixtures.ts'

const first = '20260101000000_first'
const second = '20260102000000_second'
const third = '20260103000000_third'

async function threeMigrations(): Promise<Fixture> {
  const folder = await migrationFolder()
  await folder.write(first, 'CREATE TABLE a (id int);', 'DROP TABLE a;')
  await folder.write(second, 'CREATE TABLE b (id int);', 'DROP TABLE b;')
  await folder.write(third, 'CREATE TABLE c (id int);', 'DROP TABLE c;')
  return folder
}

test('migrations go up to an id and down to another, by their beginning or their slug', async () => {
  const { options } = await threeMigrations()
  const { ownerUrl } = await emptyDatabase()
  await withSession(ownerUrl, async (client) => {
    expect(await upgrade(client, options, 'second')).toEqual([first, second])
    expect(await tablesOf(client)).toEqual(['a', 'b', 'schema_migrations'])
    expect(await upgrade(client, options)).toEqual([third])
    expect(await upgrade(client, options)).toEqual([])
    expect(await downgrade(client, options, '20260101')).toEqual([third, second])
    expect(await tablesOf(client)).toEqual(['a', 'schema_migrations'])
    await expect(downgrade(client, options, '-2')).rejects.toThrow('Cannot go 2 back: 1 migrations are applied.')
    await expect(upgrade(client, options, 'fourth')).rejects.toThrow('There is no migration "fourth".')
  })
})

test('base leaves nothing behind', async () => {
  const { options } = await threeMigrations()
  const { ownerUrl } = await emptyDatabase()
  await withSession(ownerUrl, async (client) => {
    await upgrade(client, options)
    expect(await downgrade(client, options, 'base')).toEqual([third, second, first])
    expect(await tablesOf(client)).toEqual([])
  })
})

test('eight servers that start at once migrate once', async () => {
  const { options } = await threeMigrations()
  const { ownerUrl } = await emptyDatabase()
  const runs = await Promise.all(
    Array.from({ length: 8 }, () => withSession(ownerUrl, (client) => upgrade(client, options))),
  )
  expect(runs.flat().sort()).toEqual([first, second, third])
})

test('who waits longer than it may for another migration gives up', async () => {
  const { options, said } = await threeMigrations()
  const { ownerUrl } = await emptyDatabase()
  await withSession(ownerUrl, (holder) =>
    withMigrationLock(holder, { say: options.say, waitMs: 0 }, () =>
      withSession(ownerUrl, async (client) => {
        await expect(upgrade(client, { ...options, lockWaitMs: 100 })).rejects.toThrow(
          'Another process has been migrating',
        )
        expect(said).toEqual(['waiting for another process that is migrating this database'])
      }),
    ),
  )
})

test('a migration that was changed after it was applied is refused', async () => {
  const { options, write } = await threeMigrations()
  const { ownerUrl } = await emptyDatabase()
  await withSession(ownerUrl, async (client) => {
    await upgrade(client, options, first)
    await write(first, 'CREATE TABLE a (id bigint);', 'DROP TABLE a;')
    await expect(upgrade(client, options)).rejects.toThrow(`Migration ${first} was changed after it was applied`)
    expect(await tablesOf(client)).toEqual(['a', 'schema_migrations'])
  })
})

test('line ends do not count as a change', async () => {
  const { options, write } = await migrationFolder()
  const { ownerUrl } = await emptyDatabase()
  await write(first, 'CREATE TABLE a (\n  id int\n);\n', 'DROP TABLE a;\n')
  await withSession(ownerUrl, async (client) => {
    await upgrade(client, options)
    await write(first, 'CREATE TABLE a (\r\n  id int\r\n);\r\n', 'DROP TABLE a;\r\n')
    expect(await upgrade(client, options)).toEqual([])
  })
})

test('a migration that fails leaves nothing of itself, and those before it stay', async () => {
  const { options, write } = await threeMigrations()
  const { ownerUrl } = await emptyDatabase()
  await write(second, 'CREATE TABLE b (id int); SELECT 1 / 0;', 'DROP TABLE b;')
  await withSession(ownerUrl, async (client) => {
    await expect(upgrade(client, options)).rejects.toThrow(
      `Migration ${second} (up) failed: division by zero. Nothing of it was kept.`,
    )
    expect(await tablesOf(client)).toEqual(['a', 'schema_migrations'])
    expect((await readLedger(client)).map(({ id }) => id)).toEqual([first])
  })
})

test('a busy table is waited for', async () => {
  const { options, said, write } = await migrationFolder()
  const { ownerUrl } = await emptyDatabase()
  await write(first, 'CREATE TABLE a (id int);', 'DROP TABLE a;')
  await write(second, 'ALTER TABLE a ADD COLUMN b int;', 'ALTER TABLE a DROP COLUMN b;')
  await withSession(ownerUrl, async (reader) => {
    await upgrade(reader, options, first)
    await reader.query('BEGIN; SELECT * FROM a')
    const upgraded = withSession(ownerUrl, (client) => upgrade(client, options))
    while (!said.includes('a table is busy; trying again')) await sleep(50)
    await reader.query('COMMIT')
    expect(await upgraded).toEqual([second])
  })
})

test('the state tells what is missing and what is ahead, to the runtime login too', async () => {
  const { options, dir } = await threeMigrations()
  const { dir: older, write } = await migrationFolder()
  const { ownerUrl, runtimeUrl } = await emptyDatabase()
  await write(first, 'CREATE TABLE a (id int);', 'DROP TABLE a;')
  await withSession(ownerUrl, async (client) => {
    expect(await migrationsState(client, { appVersion: 'test', dir })).toBe('pending')
    await upgrade(client, options, second)
    expect(await migrationsState(client, { appVersion: 'test', dir })).toBe('pending')
    await upgrade(client, options)
    expect(await withSession(runtimeUrl, (runtime) => migrationsState(runtime, { appVersion: 'test', dir }))).toBe('ok')
    expect(await migrationsState(client, { appVersion: 'test', dir: older })).toBe('ahead')
  })
})

test('older code serves a newer database as it is, and does not revert what it does not know', async () => {
  const { options } = await threeMigrations()
  const older = await migrationFolder()
  const { ownerUrl } = await emptyDatabase()
  await older.write(first, 'CREATE TABLE a (id int);', 'DROP TABLE a;')
  await withSession(ownerUrl, async (client) => {
    await upgrade(client, options)
    expect(await upgrade(client, older.options)).toEqual([])
    expect(older.said[0]).toMatch(`the database is ahead of this code (${second}, ${third})`)
    await expect(downgrade(client, older.options, '-1')).rejects.toThrow(`${third} was applied by newer code`)
  })
})
