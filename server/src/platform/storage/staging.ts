import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { newId } from '../ids.ts'
import { diskSpace } from '../telemetry/disk-space.ts'
import { asStorageError, isMissing, type StagedFile, storageFull } from './storage.ts'

const headBytes = 64 * 1024
/** After so much more the room on the disk is looked at again. */
const roomCheckBytes = 16 * 1024 * 1024
/** So much is left for the database and the system: of a small disk a twentieth. */
const leastFreeBytes = 256 * 1024 * 1024
const leastFreeShare = 0.05
/** Longer than anything takes to be written. */
const leftOverMs = 3_600_000

/** Files in the making, in one folder of this machine. */
export type Staging = ReturnType<typeof createStaging>

export function createStaging(folder: string) {
  let sweptAt = Number.NEGATIVE_INFINITY

  return {
    /** See `FileStorage.stage`. */
    async stage(content: AsyncIterable<Uint8Array>, maxBytes: number): Promise<StagedFile | 'too_large'> {
      const path = await newPath()
      const discard = () => rm(path, { force: true })
      try {
        const written = await write(path, content, maxBytes)
        if (written !== 'too_large') return { path, discard, ...written }
      } catch (error) {
        await discard()
        throw asStorageError(error)
      }
      await discard()
      return 'too_large'
    },

    /** A path in the folder, where nothing is yet. */
    newPath,

    /** Removes files that nobody has written to for so long: their makers are gone. */
    sweep,
  }

  async function sweep(olderThanMs: number): Promise<void> {
    const before = Date.now() - olderThanMs
    for (const name of await namesIn(folder)) {
      const path = join(folder, name)
      const found = await stat(path).catch(() => undefined)
      if (found?.isFile() && found.mtimeMs < before) await rm(path, { force: true })
    }
  }

  /** The job that sweeps may never run on this machine; whoever leaves something here also comes back here. */
  function sweepNowAndThen(): void {
    if (performance.now() - sweptAt < leftOverMs) return
    sweptAt = performance.now()
    sweep(leftOverMs).catch(() => undefined)
  }

  async function newPath(): Promise<string> {
    sweepNowAndThen()
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      throw asStorageError(error)
    })
    return join(folder, newId())
  }

  async function write(path: string, content: AsyncIterable<Uint8Array>, maxBytes: number) {
    const file = await open(path, 'wx', 0o600)
    try {
      return await copy(file, content, maxBytes)
    } finally {
      await file.close()
    }
  }

  async function copy(file: FileHandle, content: AsyncIterable<Uint8Array>, maxBytes: number) {
    const hash = createHash('sha256')
    const head: Uint8Array[] = []
    let bytes = 0
    let checkedAt = Number.NEGATIVE_INFINITY
    for await (const chunk of content) {
      if (bytes - checkedAt >= roomCheckBytes) {
        await requireRoom(folder)
        checkedAt = bytes
      }
      if (bytes < headBytes) head.push(Buffer.from(chunk.subarray(0, headBytes - bytes)))
      bytes += chunk.length
      if (bytes > maxBytes) return 'too_large'
      hash.update(chunk)
      await file.appendFile(chunk)
    }
    await file.sync()
    return { bytes, sha256: hash.digest('hex'), head: Buffer.concat(head) }
  }
}

/** Throws 507 `storage_full` when the disk has little more than what the rest of the system needs. */
export async function requireRoom(folder: string): Promise<void> {
  const { freeBytes, totalBytes } = await diskSpace(folder)
  if (freeBytes < Math.min(leastFreeBytes, totalBytes * leastFreeShare)) throw storageFull()
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isMissing(error)) return []
    throw asStorageError(error)
  }
}
