import { readFile, writeFile } from 'node:fs/promises'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { archiveSource, verifyArchive } from '../../src/platform/backup/archive-reader.ts'
import { BackupError } from '../../src/platform/backup/backup-error.ts'
import { withSession } from '../../src/platform/database/session.ts'
import { tablesOf } from '../migrations/migration-fixtures.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { converse, databaseFor, db, freshPath, restore, save, settingsOf } from './backup-scene.ts'

let app: TestApp
let whole: Buffer
beforeAll(async () => {
  app = await startTestApp()
  await converse(app)
  whole = await readFile(await save(app.database))
})
afterAll(() => app.close())

/** A file with these bytes. */
async function fileOf(bytes: Buffer): Promise<string> {
  const path = freshPath()
  await writeFile(path, bytes)
  return path
}

/** The archive with its text changed, packed again; the same length keeps it a proper tar. */
function rewritten(change: (tar: string) => string): Promise<string> {
  const tar = gunzipSync(whole).toString('latin1')
  const changed = change(tar)
  expect(changed).not.toBe(tar)
  return fileOf(gzipSync(Buffer.from(changed, 'latin1')))
}

test('a file that is cut off anywhere is refused', async () => {
  for (const part of [0, 0.001, 0.25, 0.5, 0.9]) {
    const path = await fileOf(whole.subarray(0, Math.floor(whole.length * part)))
    await expect(verifyArchive(path)).rejects.toThrow(/The backup is cut off|not a backup/)
  }
  for (const lost of [1, 4, 9]) {
    await expect(verifyArchive(await fileOf(whole.subarray(0, -lost)))).rejects.toThrow('The backup is cut off')
  }
})

test('a flipped bit is found wherever it is', async () => {
  const unnoticed: number[] = []
  for (let at = 0; at < whole.length; at += Math.ceil(whole.length / 200)) {
    const bytes = Buffer.from(whole)
    bytes[at] = (bytes[at] ?? 0) ^ 0x10
    const refused = await verifyArchive(await fileOf(bytes)).then(
      () => false,
      (error: unknown) => error instanceof BackupError,
    )
    // The time in gzip's header, or an unused bit: what it unpacks to is the same.
    if (!refused && !gunzipSync(bytes).equals(gunzipSync(whole))) unnoticed.push(at)
  }
  expect(unnoticed).toEqual([])
})

test('a row that was changed by somebody who packed the file again is found', async () => {
  const path = await rewritten((tar) => tar.replace('\tthird\t', '\tthirt\t'))
  await expect(verifyArchive(path)).rejects.toThrow(/table messages: its \d+ rows are not the same/)
  const less = await rewritten((tar) => tar.replace(/"rows": \d/, '"rows": 9'))
  await expect(verifyArchive(less)).rejects.toThrow('rows expected')
  const release = await rewritten((tar) => tar.replace('"release": "0.1.0"', '"release": "0.1.1"'))
  await expect(verifyArchive(release)).rejects.toThrow('not the one it was written with')
})

test('a file of another kind, or of a later format, is told apart', async () => {
  const later = await rewritten((tar) => tar.replace('"version": 1', '"version": 7'))
  await expect(verifyArchive(later)).rejects.toThrow('The backup has format 7')
  await expect(verifyArchive(await fileOf(Buffer.from('-- PostgreSQL database dump')))).rejects.toThrow('not a backup')
  await expect(verifyArchive(await fileOf(gzipSync('hello')))).rejects.toThrow(/not a backup|cut off/)
  await expect(verifyArchive('/nowhere/at/all')).rejects.toThrow('There is no file')
})

test('a broken file leaves the database as it was', async () => {
  const target = await databaseFor({ empty: true })
  const broken = await fileOf(whole.subarray(0, -9))
  expect(await db(settingsOf(target), 'restore', broken)).toEqual({
    code: 1,
    out: '',
    error: 'The backup is cut off: it ends in the middle.',
  })
  expect(await withSession(target.ownerUrl, tablesOf)).toEqual([])
})

test('a file that changes between its check and its loading leaves the old rows in place', async () => {
  const [path, target] = [await fileOf(whole), await databaseFor()]
  await restore(target, path)
  const { manifest } = await verifyArchive(path)
  const expected = { ...manifest.tables, users: { rows: 7, digest: '0'.repeat(64) } }
  await expect(restore(target, path, { replace: true, expected })).rejects.toThrow(
    'The copy is not equal, so it was dropped: table users: 7 rows expected',
  )
  const { rows } = await withSession(target.superuserUrl, (client) => client.query('SELECT 1 FROM users'))
  expect(rows).toHaveLength(manifest.tables.users?.rows ?? 0)
})

test('the tables of a file come out in the order of its head, each in full', async () => {
  const archive = await verifyArchive(await fileOf(whole))
  const names: string[] = []
  for await (const { name, rows } of archiveSource(archive).tables()) {
    names.push(name)
    for await (const piece of rows) expect(piece.at(-1) ?? 0x0a).toBe(0x0a)
  }
  expect(names).toEqual(archive.head.tables.map(({ name }) => name))
})
