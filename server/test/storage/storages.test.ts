import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FileStorage } from '../../src/platform/storage/storage.ts'
import {
  collected,
  diskScene,
  newKey,
  piecesOf,
  readAll,
  type StorageScene,
  s3Scene,
  stage,
  store,
} from './storage-scene.ts'

describe.each([
  ['a folder', diskScene],
  ['a bucket', s3Scene],
])('%s', (_, open) => {
  let scene: StorageScene
  let storage: FileStorage

  beforeAll(async () => {
    scene = await open()
    storage = scene.storage
  })
  afterAll(() => scene.close())

  test('gives back what was stored, byte by byte, and tells its size and hash before', async () => {
    const content = randomBytes(3_000_001)
    const staged = await stage(storage, content)
    const sha256 = createHash('sha256').update(content).digest('hex')
    expect(staged).toMatchObject({ bytes: content.length, sha256, head: content.subarray(0, 65_536) })
    const key = newKey()
    await storage.keep(staged, key)
    expect((await readAll(storage, key))?.equals(content)).toBe(true)
    const again = await storage.read(key)
    expect(again?.bytes).toBe(content.length)
    again?.content.destroy()
  })

  test('keeps an empty file', async () => {
    const key = newKey()
    await store(storage, key, '')
    expect(await readAll(storage, key)).toEqual(Buffer.alloc(0))
  })

  test('opens a file on this machine until it is released', async () => {
    const key = newKey()
    await store(storage, key, 'some text')
    const local = await storage.open(key, AbortSignal.timeout(5000))
    expect(local && (await readFile(local.path, 'utf8'))).toBe('some text')
    expect(((await stat(local?.path ?? '')).mode & 0o777).toString(8)).toBe('600')
    await local?.release()
    expect((await readAll(storage, key))?.toString()).toBe('some text')
  })

  test('has nothing under a key that is unknown or deleted', async () => {
    const key = newKey()
    await store(storage, key, 'some text')
    await storage.delete(key)
    await storage.delete(key)
    const signal = AbortSignal.timeout(5000)
    expect([await storage.read(key), await storage.open(key, signal)]).toEqual([null, null])
  })

  test('lists and deletes by the beginning of the key', async () => {
    const [mine, other] = [randomUUID(), randomUUID()]
    const keys = Array.from({ length: 7 }, () => newKey(mine))
    for (const key of [...keys, newKey(other)]) await store(storage, key, 'text')
    const listed = await collected(storage.list(`${mine}/`))
    expect(listed.map(({ key }) => key).sort()).toEqual(keys.sort())
    expect(listed[0]).toMatchObject({ bytes: 4, modifiedAt: expect.any(Date) })
    expect(await storage.deletePrefix(`${mine}/`)).toBe(7)
    expect(await collected(storage.list(`${mine}/`))).toEqual([])
    expect(await collected(storage.list(`${other}/`))).toHaveLength(1)
  })

  test('stages no more than it may, and leaves nothing of what broke off', async () => {
    const content = Buffer.alloc(500_000, 'x')
    expect(await storage.stage(piecesOf(content), 499_999)).toBe('too_large')
    const broken = storage.stage(breakingOff(), 1_000_000)
    await expect(broken).rejects.toThrow('the sender is gone')
    const discarded = await stage(storage, 'some text')
    await discarded.discard()
    expect((await filesBelow(scene.folder)).filter((path) => path.includes('staging'))).toEqual([])
  })

  test('removes what was staged by somebody who is gone', async () => {
    const staged = await stage(storage, 'some text')
    await storage.sweepStaging(60_000)
    expect((await stat(staged.path)).size).toBe(9)
    await storage.sweepStaging(-1000)
    await expect(stat(staged.path)).rejects.toThrow('ENOENT')
  })

  test.each(['../outside', '/etc/passwd', 'a/../b', 'a//b', '.staging/x', 'a/b\0', 'UPPER', ''])(
    'goes nowhere with the key %j',
    async (key) => {
      const staged = await stage(storage, 'some text')
      await expect(storage.keep(staged, key)).rejects.toThrow('no storage key')
      await expect(storage.read(key)).rejects.toThrow('no storage key')
      await staged.discard()
    },
  )

  test('says that it can be written to', async () => {
    await storage.check()
    expect((await collected(storage.list(''))).map(({ key }) => key)).not.toContain('.probe')
  })
})

async function* breakingOff(): AsyncGenerator<Buffer> {
  yield Buffer.alloc(1000)
  throw new Error('the sender is gone')
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => `${parentPath}/${name}`)
}
