import { chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { collected, diskScene, newKey, readAll, type StorageScene, stage, store } from './storage-scene.ts'

let scene: StorageScene

beforeEach(async () => {
  scene = await diskScene()
})
afterEach(() => scene.close())

const unavailable = { code: 'storage_unavailable', status: 503 }
const pathOf = (key: string) => join(scene.folder, 'files', key)
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

test('files are for their owner alone, and so are folders', async () => {
  const key = newKey()
  await store(scene.storage, key, 'some text')
  expect(await readFile(pathOf(key), 'utf8')).toBe('some text')
  const folder = dirname(pathOf(key))
  const modes = [pathOf(key), folder, dirname(folder), join(scene.folder, 'files')].map(modeOf)
  expect(await Promise.all(modes)).toEqual(['600', '700', '700', '700'])
})

test('a symbolic link in the place of a file is not followed', async () => {
  const key = newKey()
  const secret = join(scene.folder, 'secret')
  await writeFile(secret, 'a secret')
  await mkdir(dirname(pathOf(key)), { recursive: true })
  await symlink(secret, pathOf(key))
  await expect(scene.storage.read(key)).rejects.toMatchObject(unavailable)
  await expect(scene.storage.open(key, AbortSignal.timeout(1000))).rejects.toMatchObject(unavailable)
  await scene.storage.delete(key)
  expect(await readFile(secret, 'utf8')).toBe('a secret')
})

test('a symbolic link in the place of a folder leads nowhere', async () => {
  const key = newKey()
  const elsewhere = join(scene.folder, 'elsewhere')
  await mkdir(elsewhere)
  await store(scene.storage, newKey(), 'some text')
  await symlink(elsewhere, dirname(dirname(pathOf(key))))
  const staged = await stage(scene.storage, 'some text')
  await expect(scene.storage.keep(staged, key)).rejects.toMatchObject(unavailable)
  expect(await collected(scene.storage.list(''))).toHaveLength(1)
})

test('many files into one project at once all arrive, also while empty folders are swept', async () => {
  const workspace = '00000000-0000-4000-8000-000000000000'
  const storing = Array.from({ length: 30 }, async (_, index) => store(scene.storage, newKey(workspace), `${index}`))
  const sweeping = Array.from({ length: 10 }, () => collected(scene.storage.list('')))
  await Promise.all([...storing, ...sweeping])
  const contents = await Promise.all(
    (await collected(scene.storage.list(''))).map(({ key }) => readAll(scene.storage, key)),
  )
  expect(contents.map(String).sort()).toEqual(Array.from({ length: 30 }, (_, index) => `${index}`).sort())
})

test('what a process that died has left half-written is gone with the next upload, also where no jobs are worked', async () => {
  const folder = join(scene.folder, 'files', '.staging')
  await mkdir(folder, { recursive: true })
  const anHourAgo = new Date(Date.now() - 3_700_000)
  for (const name of ['old', 'new']) await writeFile(join(folder, name), 'half of a file')
  await utimes(join(folder, 'old'), anHourAgo, anHourAgo)
  await store(scene.storage, newKey(), 'some text')
  await vi.waitFor(async () => expect(await readdir(folder)).toEqual(['new']))
})

test('a file in the place of the folder is told as such', async () => {
  await writeFile(join(scene.folder, 'files'), 'no folder')
  await expect(scene.storage.check()).rejects.toMatchObject({
    code: expect.stringMatching(/storage_unavailable|EEXIST/),
  })
  await chmod(scene.folder, 0o700)
})
