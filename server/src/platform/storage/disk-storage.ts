import { constants, type Dirent } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { createStaging, requireRoom } from './staging.ts'
import {
  asStorageError,
  type FileStorage,
  isMissing,
  requireKey,
  type StoredFile,
  storageUnavailable,
} from './storage.ts'

/** Within the root, so that a finished file moves out of it by a rename; no key begins with a dot. */
const stagingName = '.staging'

/**
 * Files in a folder of this machine: folders 0700, files 0600, written elsewhere, synced, and renamed to where they
 * belong. Symbolic links are not followed.
 */
export function createDiskStorage(root: string): FileStorage {
  const staging = createStaging(join(root, stagingName))
  const pathOf = (key: string) => join(root, requireKey(key))

  return {
    stage: staging.stage,
    sweepStaging: staging.sweep,
    close: async () => undefined,

    keep: (staged, key) =>
      translated(async () => {
        const path = pathOf(key)
        // A folder that was empty a moment ago may just be swept away.
        await inFolder(dirname(path), () => rename(staged.path, path))
        await syncFolder(dirname(path))
      }),

    read: (key) =>
      translated(async () => {
        const file = await openFile(pathOf(key))
        if (!file) return null
        const { size: bytes } = await file.stat()
        return { content: file.createReadStream(), bytes }
      }),

    open: (key) =>
      translated(async () => {
        const path = pathOf(key)
        const file = await openFile(path)
        if (!file) return null
        await file.close()
        return { path, release: async () => undefined }
      }),

    delete: (key) => translated(() => rm(pathOf(key), { force: true })),

    async deletePrefix(prefix) {
      const folder = pathOf(prefix.replace(/\/$/, ''))
      let count = 0
      for await (const _ of filesIn(folder, prefix)) count += 1
      await translated(() => rm(folder, { recursive: true, force: true }))
      return count
    },

    list: (prefix) => filesIn(prefix === '' ? root : pathOf(prefix.replace(/\/$/, '')), prefix),

    check: () =>
      translated(async () => {
        const path = await staging.newPath()
        await (await open(path, 'wx', 0o600)).close()
        await rm(path)
        await requireRoom(root)
      }),
  }

  async function inFolder(folder: string, work: () => Promise<void>, attempts = 3): Promise<void> {
    await makeFolder(folder)
    try {
      await work()
    } catch (error) {
      if (!isMissing(error) || attempts === 1) throw error
      await inFolder(folder, work, attempts - 1)
    }
  }

  /** Its folders, each synced into the one above it, so that a new one survives a power cut. */
  async function makeFolder(folder: string): Promise<void> {
    const first = await mkdir(folder, { recursive: true, mode: 0o700 })
    for (let path = folder; path !== root && path.startsWith(root); path = dirname(path)) {
      if (!(await lstat(path)).isDirectory()) throw storageUnavailable(new Error(`${path} is not a folder`))
    }
    if (first === undefined) return
    for (let path = folder; relative(dirname(first), path) !== ''; path = dirname(path)) await syncFolder(dirname(path))
  }
}

async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw asStorageError(error)
  }
}

async function openFile(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder to sync it.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Depth first; a folder that is empty by then is removed. Files that vanish meanwhile are left out. */
async function* filesIn(folder: string, prefix: string): AsyncGenerator<StoredFile> {
  const entries = await entriesOf(folder)
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue
    const key = `${prefix}${entry.name}`
    if (entry.isDirectory()) yield* filesIn(join(folder, entry.name), `${key}/`)
    if (!entry.isFile()) continue
    const found = await lstat(join(folder, entry.name)).catch(() => undefined)
    if (found) yield { key, bytes: found.size, modifiedAt: found.mtime }
  }
  if (entries.length === 0 && prefix !== '') await rmdir(folder).catch(() => undefined)
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if (isMissing(error)) return []
    throw asStorageError(error)
  }
}
