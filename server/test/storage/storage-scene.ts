import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { loadConfig } from '../../src/config.ts'
import { openStorage } from '../../src/platform/storage/open-storage.ts'
import type { FileStorage, StagedFile } from '../../src/platform/storage/storage.ts'
import { s3Settings, startS3Server } from '../support/s3-server.ts'

export interface StorageScene {
  storage: FileStorage
  /** A folder of this scene, with the files of a disk storage in `files`. */
  folder: string
  close(): Promise<void>
}

export async function diskScene(): Promise<StorageScene> {
  const folder = await mkdtemp(join(tmpdir(), 'chatbot-storage-'))
  const storage = opened({ FILES_URL: pathToFileURL(join(folder, 'files')).href })
  return { storage, folder, close: () => rm(folder, { recursive: true, force: true }) }
}

export async function s3Scene() {
  const server = await startS3Server()
  const folder = await mkdtemp(join(tmpdir(), 'chatbot-storage-'))
  const storage = opened({ ...s3Settings(server), DATA_DIR: folder })
  const close = async () => {
    await server.close()
    await storage.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { storage, server, folder, close }
}

export function opened(settings: Record<string, string>): FileStorage {
  return openStorage(loadConfig(settings, null).files.storage)
}

/** As the server makes them. */
export function newKey(workspace: string = randomUUID()): string {
  return `${workspace}/${randomUUID()}/${randomUUID()}-1`
}

export async function stage(storage: FileStorage, content: string | Buffer): Promise<StagedFile> {
  const staged = await storage.stage(piecesOf(Buffer.from(content)), 100_000_000)
  if (staged === 'too_large') throw new Error('the content is too large')
  return staged
}

export async function store(storage: FileStorage, key: string, content: string | Buffer): Promise<void> {
  await storage.keep(await stage(storage, content), key)
}

export async function readAll(storage: FileStorage, key: string): Promise<Buffer | null> {
  const stored = await storage.read(key)
  return stored && Buffer.concat(await stored.content.toArray())
}

/** Everything that comes, in a list. */
export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

export async function* piecesOf(content: Buffer, size = 65_536): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
}
