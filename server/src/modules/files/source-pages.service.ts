import { createHash } from 'node:crypto'
import { recognise } from '../../documents/recognise.ts'
import { type Database, isUnavailable, type Tx } from '../../platform/database/database.ts'
import { newId } from '../../platform/ids.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Scope } from '../../platform/scope.ts'
import type { FileStorage } from '../../platform/storage/storage.ts'
import type { FileLimits } from './file-limits.ts'
import { lockUsage, usageOf } from './files.repository.ts'
import { pageName } from './page-name.ts'
import { asUtf8 } from './page-text.ts'
import {
  deletePages,
  listPages,
  type PageFields,
  type PageSource,
  putPage,
  setPageVersion,
} from './pages.repository.ts'
import type { ReadingQueue } from './reading-queue.ts'
import { requireBytes, requireRoom } from './room.ts'

interface Deps {
  db: Database
  storage: FileStorage
  readings: ReadingQueue
  limits: FileLimits
  logger: Pick<Logger, 'warn'>
}

/** One reading of a source. */
export interface PageReading {
  source: PageSource
  /** Of this reading alone: a content is stored under it, so that no other reading ever touches it. */
  epoch: number
  /** Holds the source for the rest of the transaction; throws where another reading has taken it over, or it is gone. */
  hold(tx: Tx, outcome: PageOutcome): Promise<void>
}

/** A page as its server gave it. */
export interface PageContent {
  url: string
  contentType: string
  charset?: string
  bytes: Buffer
  etag: string | null
  lastModified: string | null
}

export type PageOutcome = 'read' | 'unchanged' | 'gone'
export type KnownPage = Awaited<ReturnType<typeof listPages>>[number]
export type SourcePages = ReturnType<typeof createSourcePages>

/** Deleted at the same time. */
const deletionsAtOnce = 8
const headBytes = 64 * 1024

/** The pages of web sources as documents of their projects. */
export function createSourcePages({ db, storage, readings, limits, logger }: Deps) {
  return {
    list: (scope: Scope, sourceId: string): Promise<KnownPage[]> =>
      db.read(scope, (tx) => listPages(tx, scope, sourceId)),

    /**
     * Stores a page that is new or says something else than before, and puts it into the queue of documents to be read;
     * until that is done, it is found as it was. `known` is what is stored of it. Throws `DocumentError` for what is no
     * document, `Refusal` where there is no room, and what `hold` throws.
     */
    async store(
      scope: Scope,
      reading: PageReading,
      page: PageContent,
      known: KnownPage | undefined,
    ): Promise<PageOutcome> {
      const { url, etag, lastModified } = page
      const bytes = asUtf8(page.bytes, page.contentType, page.charset ?? null)
      const name = pageName(url, page.contentType)
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      if (known && known.sha256 === sha256 && known.name === name) {
        await db.tenant(scope, async (tx) => {
          await reading.hold(tx, 'unchanged')
          await setPageVersion(tx, scope, reading.source.id, { url, etag, lastModified })
        })
        return 'unchanged'
      }
      const kind = recognise(bytes.subarray(0, headBytes), name)
      const id = known?.id ?? newId()
      const storageKey = `${scope.workspaceId}/${reading.source.projectId}/${id}-${reading.epoch}`
      const fields = { id, url, name, kind, etag, lastModified, sha256, bytes: bytes.length, storageKey }
      await keep(bytes, storageKey)
      await register(scope, reading, fields, known)
      if (known) await forget([known.storageKey])
      return 'read'
    },

    /** Deletes pages that are gone, with their contents. */
    async remove(scope: Scope, reading: PageReading, urls: string[]): Promise<void> {
      if (urls.length === 0) return
      const keys = await db.tenant(scope, async (tx) => {
        await reading.hold(tx, 'gone')
        return deletePages(tx, scope, reading.source.id, urls)
      })
      await forget(keys)
    },

    forget,
  }

  async function keep(bytes: Buffer, key: string): Promise<void> {
    const staged = await storage.stage(pieces(bytes), bytes.length)
    if (staged === 'too_large') throw new Error('a page has become larger')
    try {
      await storage.keep(staged, key)
    } finally {
      await staged.discard()
    }
  }

  async function register(scope: Scope, reading: PageReading, page: PageFields, known: KnownPage | undefined) {
    try {
      await db.tenant(scope, async (tx) => {
        await reading.hold(tx, 'read')
        await lockUsage(tx, scope)
        const usage = await usageOf(tx, scope, reading.source.projectId)
        if (known) requireBytes(limits, usage, page.bytes - known.bytes)
        else requireRoom(limits, usage, page.bytes)
        const { id } = await putPage(tx, scope, reading.source, page)
        await readings.add(tx, scope, id)
      })
    } catch (error) {
      // Where nobody knows whether it was committed, the content stays; the sweep tells.
      if (!isUnavailable(error)) await forget([page.storageKey])
      throw error
    }
  }

  /** Deletes contents that no document has any more; where that fails, they are swept away later. */
  async function forget(keys: string[]): Promise<void> {
    const left = [...keys]
    const next = async (): Promise<void> => {
      for (let key = left.pop(); key !== undefined; key = left.pop()) {
        await storage.delete(key).catch((error: unknown) => {
          logger.warn({ err: error, stored_as: key }, 'a deleted file is still stored; it is swept away later')
        })
      }
    }
    await Promise.all(Array.from({ length: deletionsAtOnce }, next))
  }
}

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += headBytes) yield bytes.subarray(at, at + headBytes)
}
