import type { Database } from '../../platform/database/database.ts'
import { type Jobs, jobQueue } from '../../platform/jobs/jobs.ts'
import type { Logger } from '../../platform/logger.ts'
import type { FileStorage, StoredFile } from '../../platform/storage/storage.ts'
import { forgetUnsent, keysInUse } from './attachments.repository.ts'

interface Deps {
  db: Database
  storage: FileStorage
  logger: Pick<Logger, 'info' | 'warn'>
}

/** Deletes images that were never sent, and contents whose images are gone. */
export const sweepAttachmentsQueue = jobQueue<Record<string, never>>({
  name: 'sweep-attachments',
  retryLimit: 0,
  expireInSeconds: 3000,
})

const unsentSeconds = 24 * 3600
/** An upload stores its bytes before its row; by then it has either. */
const youngestOrphanMs = 3_600_000
const keysPerQuestion = 500

export type AttachmentCare = ReturnType<typeof createAttachmentCare>

/** Looks after what nobody wants any more, of all workspaces. */
export function createAttachmentCare({ db, storage, logger }: Deps) {
  return {
    /** Returns how many contents were deleted. */
    async sweep(ages: { unsentSeconds: number; orphanMs: number } = byDefault): Promise<number> {
      const unsent = await forgetUnsent(db, ages.unsentSeconds)
      for (const key of unsent) await storage.delete(key)
      let count = unsent.length
      let batch: StoredFile[] = []
      for await (const file of storage.list('')) {
        if (Date.now() - file.modifiedAt.getTime() < ages.orphanMs) continue
        batch.push(file)
        if (batch.length < keysPerQuestion) continue
        count += await deleteUnused(batch)
        batch = []
      }
      count += await deleteUnused(batch)
      if (count > 0) logger.info({ count }, 'stored images that belong to no message were deleted')
      return count
    },

    /** Deletes what a session had, right after it; where the storage is away, the sweep does. */
    async forget(keys: string[]): Promise<void> {
      for (const key of keys) {
        await storage.delete(key).catch((error: unknown) => {
          logger.warn({ err: error, stored_as: key }, 'a deleted image is still stored; it is swept away later')
        })
      }
    },
  }

  async function deleteUnused(stored: StoredFile[]): Promise<number> {
    const ours = stored.flatMap(({ key }) => {
      const [, workspaceId] = ownKey.exec(key) ?? []
      return workspaceId ? [{ workspaceId, key }] : []
    })
    if (ours.length === 0) return 0
    const used = await keysInUse(db, ours)
    const unused = ours.filter(({ key }) => !used.has(key))
    for (const { key } of unused) await storage.delete(key)
    return unused.length
  }
}

const byDefault = { unsentSeconds, orphanMs: youngestOrphanMs }

const id = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
/** `<workspace>/<project>/image-<attachment>`. */
const ownKey = new RegExp(`^(${id})/${id}/image-${id}$`)

/** Tells the job queue to sweep, every hour. */
export function scheduleAttachmentCare(jobs: Pick<Jobs, 'work' | 'schedule'>, care: AttachmentCare): void {
  jobs.work(sweepAttachmentsQueue, async () => void (await care.sweep()))
  jobs.schedule(sweepAttachmentsQueue, '41 * * * *')
}
