import type { KnowledgeSummary } from '@chatbot-platform/contract'
import { createDocumentReader } from '../../documents/read-document.ts'
import type { Database } from '../../platform/database/database.ts'
import type { Jobs } from '../../platform/jobs/jobs.ts'
import type { Logger } from '../../platform/logger.ts'
import type { FileStorage } from '../../platform/storage/storage.ts'
import type { AuditService } from '../audit/audit.service.ts'
import type { PassageStore } from '../knowledge/passage-store.ts'
import { createFileCare } from './file-care.service.ts'
import { indexQueue, resumeQueue, sweepQueue } from './file-jobs.ts'
import type { FileLimits } from './file-limits.ts'
import { createFilesService } from './files.service.ts'
import { createIndexingService } from './indexing.service.ts'
import { createReadingQueue } from './reading-queue.ts'
import { createSourcePages } from './source-pages.service.ts'
import { createUploadsService } from './uploads.service.ts'

export interface DocumentsOptions {
  db: Database
  storage: FileStorage
  jobs: Jobs
  audit: AuditService
  passages: PassageStore
  embedding: KnowledgeSummary['embedding']
  /** The model of vectors in use, as passages name it; null without one. */
  vectorSpace: string | null
  limits: FileLimits
  indexConcurrency: number
  logger: Logger
}

/** Puts together everything about documents, and tells the job queue what to do with theirs. */
export function createDocuments(options: DocumentsOptions) {
  const { db, storage, jobs, audit, passages, embedding, vectorSpace, limits, indexConcurrency, logger } = options
  const { fileBytes: bytes, filePages: pages, fileCharacters: characters } = limits
  const reader = createDocumentReader({ limits: { bytes, pages, characters }, logger })
  const queue = indexQueue(indexConcurrency)
  const indexing = createIndexingService({ db, storage, reader, passages, logger })
  const readings = createReadingQueue(jobs, queue)
  const fileCare = createFileCare({ db, storage, readings, vectorSpace, logger })
  jobs.work(queue, indexing.index, { onDead: indexing.giveUp })
  jobs.work(resumeQueue, async () => {
    await fileCare.resume()
    await fileCare.renewVectors()
  })
  jobs.work(sweepQueue, async () => void (await fileCare.sweep()))
  jobs.schedule(resumeQueue, '*/10 * * * *')
  jobs.schedule(sweepQueue, '23 * * * *')
  return {
    files: createFilesService({ db, storage, readings, audit, limits, embedding, logger }),
    uploads: createUploadsService({ db, storage, readings, audit, limits, logger }),
    sourcePages: createSourcePages({ db, storage, readings, limits, logger }),
    fileCare,
    /** Deletes what was stored for a project or a whole workspace (`<workspace>/`) that is gone. */
    forgetFiles: async (prefix: string): Promise<void> => {
      await storage.deletePrefix(prefix).catch((error: unknown) => {
        logger.warn({ err: error }, 'deleted files are still stored; they are swept away later')
      })
    },
    documentReader: reader,
  }
}
