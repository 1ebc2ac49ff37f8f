import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withSession } from '../../src/platform/database/session.ts'
import { migrationIds } from '../../src/platform/migrations/migration-files.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import type { TestDatabase } from '../support/databases.ts'
import { converse, databaseFor, fingerprints, migrationsCopy, restore, save } from './backup-scene.ts'
import { later, laterMigrations, migrate, newest } from './later-release.ts'

let app: TestApp
let path: string
beforeAll(async () => {
  app = await startTestApp()
  await converse(app)
  path = await save(app.database)
})
afterAll(() => app.close())

test('a backup of an earlier release is restored and then migrated', async () => {
  const target = await databaseFor({ empty: true })
  await restore(target, path, { dir: await laterMigrations() })
  expect(await newest(target)).toBe(later)
  const { numbers: added, ...restored } = await fingerprints(target)
  expect(added).toBe('0 ')
  const { message_search: _, ...saved } = await fingerprints(app.database)
  expect(restored).toMatchObject(saved)
})

test('a backup of a later release, or of migrations in another form, is refused', async () => {
  const [source, target] = [await databaseFor(), await databaseFor({ empty: true })]
  await migrate(source, await laterMigrations())
  const refusal = restore(target, await save(source))
  await expect(refusal).rejects.toThrow(`has migration ${later}, which this release does not know`)
  const dir = await migrationsCopy()
  const [first = ''] = await migrationIds()
  const file = join(dir, first, 'up.sql')
  await writeFile(file, `${await readFile(file, 'utf8')}\n-- changed`)
  await expect(restore(target, path, { dir })).rejects.toThrow(
    `has migration ${first}, which this release does not know`,
  )
  expect(await newest(target)).toBeUndefined()
})

test('identity columns go on where they were, and generated columns are made anew', async () => {
  const dir = await laterMigrations()
  const [source, target] = [await databaseFor(), await databaseFor({ empty: true })]
  await migrate(source, dir)
  const add = 'INSERT INTO numbers (word) SELECT word FROM unnest($1::text[]) AS word'
  const asSuperuser = (database: TestDatabase, sql: string, words?: string[]) =>
    withSession(database.superuserUrl, (client) => client.query(sql, words && [words]))
  await asSuperuser(source, add, ['a', '', 'gone'])
  await asSuperuser(source, 'DELETE FROM numbers WHERE n = 3; ALTER TABLE numbers ALTER word SET DEFAULT NULL')
  await restore(target, await save(source), { dir })
  await asSuperuser(target, add, ['next'])
  const { rows } = await asSuperuser(target, 'SELECT * FROM numbers ORDER BY n')
  expect(rows).toEqual([
    { n: '1', twice: '2', word: 'a' },
    { n: '2', twice: '4', word: '' },
    { n: '4', twice: '8', word: 'next' },
  ])
})

test('a database with rows is refused, unless it is to be replaced', async () => {
  const [other, target] = [await startTestApp(), await databaseFor()]
  await converse(other)
  await restore(target, await save(other.database))
  await other.close()
  await expect(restore(target, path)).rejects.toThrow('The database is not empty: there are rows in')
  await restore(target, path, { replace: true })
  const { message_search: _, ...saved } = await fingerprints(app.database)
  expect(await fingerprints(target)).toMatchObject(saved)
})

test('a database that is ahead of the backup goes back to it and forth again', async () => {
  const dir = await laterMigrations()
  const target = await databaseFor({ empty: true })
  await migrate(target, dir)
  await restore(target, path, { dir })
  await expect(restore(target, path, { dir })).rejects.toThrow('The database is not empty')
  expect(await newest(target)).toBe(later)
  await restore(target, path, { dir, replace: true })
  expect(await newest(target)).toBe(later)
  expect((await fingerprints(target)).users).toBe((await fingerprints(app.database)).users)
})

test('a database that a server uses, or that is of something else, is left alone', async () => {
  const used = await startTestApp()
  await used.user()
  const refusal = restore(used.database, path, { replace: true })
  await expect(refusal).rejects.toThrow('A server or another command uses this database')
  await used.close()
  const foreign = await databaseFor({ empty: true })
  await withSession(foreign.ownerUrl, (client) => client.query('CREATE TABLE theirs (id int)'))
  await expect(restore(foreign, path)).rejects.toThrow('The database holds tables of something else')
})
