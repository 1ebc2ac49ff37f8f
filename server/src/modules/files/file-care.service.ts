import type { Database } from '../../platform/database/database.ts'
import type { Logger } from '../../platform/logger.ts'
import { jobScope } from '../../platform/scope.ts'
import type { FileStorage, StoredFile } from '../../platform/storage/storage.ts'
import { requeueFile } from './files.repository.ts'
import type { ReadingQueue } from './reading-queue.ts'
import { filesUnderWay, filesWithoutVectors, storageKeysInUse } from './readings.repository.ts'

interface Deps {
  db: Database
  storage: FileStorage
  readings: ReadingQueue
  /** The model of vectors in use, as passages name it; null without one. */
  vectorSpace: string | null
  logger: Pick<Logger, 'info' | 'warn'>
}

/** Longer than an attempt may take, and than the queue waits between two. */
const untouchedSeconds = 20 * 60
/** An upload stores its bytes before its row; by then it has either. */
const youngestOrphanMs = 3_600_000
const keysPerQuestion = 500
/** Documents read again at a time for another embedding model. */
const renewedAtOnce = 50

/** Looks after what processes that died have left behind, of all workspaces. */
export function createFileCare({ db, storage, readings, vectorSpace, logger }: Deps) {
  return {
    /** Once at the start of a server, as after restoring a backup there are no jobs. */
    open(): void {
      resume().catch((error: unknown) => logger.warn({ err: error }, 'documents under way could not be looked for'))
    },

    resume,
    renewVectors,
    sweep,
  }

  /** Enqueues documents that are under way and that nobody works on, as after restoring a backup. Returns how many. */
  async function resume(idleSeconds: number = untouchedSeconds): Promise<number> {
    const left = await filesUnderWay(db, idleSeconds)
    for (const { workspace_id: workspaceId, id: fileId } of left) {
      const scope = jobScope(workspaceId)
      await db.tenant(scope, (tx) => readings.add(tx, scope, fileId))
    }
    if (left.length > 0) logger.info({ count: left.length }, 'documents that were left under way are read again')
    return left.length
  }

  /**
   * Has some of the documents read again whose vectors are of another model than the one in use, or that have none. They
   * are found by their words meanwhile. Returns how many.
   */
  async function renewVectors(): Promise<number> {
    if (vectorSpace === null) return 0
    const outdated = await filesWithoutVectors(db, vectorSpace, renewedAtOnce)
    for (const { workspace_id: workspaceId, project_id: projectId, id: fileId } of outdated) {
      const scope = jobScope(workspaceId)
      await db.tenant(scope, async (tx) => {
        if (!(await requeueFile(tx, scope, projectId, fileId))) return
        await readings.add(tx, scope, fileId, 'renewal')
      })
    }
    if (outdated.length > 0)
      logger.info({ count: outdated.length }, 'documents are read again for another embedding model')
    return outdated.length
  }

  /** Deletes contents that no document has, an hour after they were stored. Returns how many. */
  async function sweep(ageMs: number = youngestOrphanMs): Promise<number> {
    await storage.sweepStaging(ageMs)
    let count = 0
    let batch: StoredFile[] = []
    for await (const file of storage.list('')) {
      if (Date.now() - file.modifiedAt.getTime() < ageMs) continue
      batch.push(file)
      if (batch.length < keysPerQuestion) continue
      count += await deleteUnused(batch)
      batch = []
    }
    count += await deleteUnused(batch)
    if (count > 0) logger.info({ count }, 'stored files that belong to no document were deleted')
    return count
  }

  async function deleteUnused(stored: StoredFile[]): Promise<number> {
    // Another key was not made here: whose file it is nobody knows, so it stays.
    const ours = stored.flatMap(({ key }) => {
      const [, workspaceId, fileId] = ownKey.exec(key) ?? []
      return workspaceId && fileId ? [{ workspaceId, fileId, key }] : []
    })
    if (ours.length === 0) return 0
    const used = await storageKeysInUse(db, ours)
    const unused = ours.filter(({ key }) => !used.has(key))
    for (const { key } of unused) await storage.delete(key)
    return unused.length
  }
}

export type FileCare = ReturnType<typeof createFileCare>

const id = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
/** `<workspace>/<project>/<file>-<number>`. */
const ownKey = new RegExp(`^(${id})/${id}/(${id})-\\d+$`)
