import type { FileError } from '@chatbot-platform/contract'
import { DocumentError, type ReadDocument } from '../../documents/document.ts'
import type { DocumentReader } from '../../documents/read-document.ts'
import type { Database, Tx } from '../../platform/database/database.ts'
import type { JobContext } from '../../platform/jobs/jobs.ts'
import type { Logger } from '../../platform/logger.ts'
import { jobScope, type Scope } from '../../platform/scope.ts'
import type { FileStorage } from '../../platform/storage/storage.ts'
import type { PassageStore, PreparedPassages } from '../knowledge/passage-store.ts'
import type { IndexJob } from './file-jobs.ts'
import type { FileRow } from './files.table.ts'
import { createProgressNotes } from './progress-notes.ts'
import { claimFile, lockClaim, noteProgress, storeDeath, storeFailure, storeReading } from './readings.repository.ts'

interface Deps {
  db: Database
  storage: Pick<FileStorage, 'open'>
  reader: Pick<DocumentReader, 'read'>
  passages: PassageStore
  logger: Pick<Logger, 'info' | 'warn'>
}

export type IndexingService = ReturnType<typeof createIndexingService>

/** Longer ones are no titles. */
const maxTitleLength = 300

/** Reads documents into passages, one job each. */
export function createIndexingService({ db, storage, reader, passages, logger }: Deps) {
  return {
    /**
     * Reads a document, from wherever an earlier attempt may have died: what was there before stays until all of the new
     * is there, in one transaction. Of two that read the same document the later one goes on, and the other stops.
     * Throws what is worth another attempt.
     */
    async index({ workspaceId, fileId }: IndexJob, context: JobContext): Promise<void> {
      const scope = jobScope(workspaceId)
      const file = await db.tenant(scope, (tx) => claimFile(tx, scope, fileId))
      // It is gone, or somebody has read it.
      if (!file) return
      const lost = new AbortController()
      const signal = AbortSignal.any([context.signal, lost.signal])
      const notes = createProgressNotes(async (progress) => {
        if (!(await db.tenant(scope, (tx) => noteProgress(tx, scope, file, progress)))) lost.abort(new ClaimLost())
      }, logger)
      try {
        const began = performance.now()
        const document = await read(file, signal, notes.note)
        const prepared = await passages.prepare(document, {
          signal,
          onProgress: (done, total) => notes.note({ state: 'embedding', done, total }),
        })
        await notes.stop()
        try {
          signal.throwIfAborted()
          await db.tenant(scope, (tx) => store(tx, scope, file, document, prepared))
        } catch (error) {
          await bookUnused(scope, file, prepared)
          throw error
        }
        const took = Math.round(performance.now() - began)
        logger.info({ file_id: file.id, count: document.passages.length, duration_ms: took }, 'document read')
      } catch (error) {
        await notes.stop()
        if (error instanceof ClaimLost || lost.signal.aborted) return
        // The process leaves: whoever takes the job goes on.
        context.signal.throwIfAborted()
        await settle(scope, file, error, context)
      }
    },

    /** Says of a document that no attempt at it came to an end. */
    async giveUp({ workspaceId, fileId }: IndexJob): Promise<void> {
      const scope = jobScope(workspaceId)
      await db.tenant(scope, (tx) => storeDeath(tx, scope, fileId, internal))
    },
  }

  async function read(file: FileRow, signal: AbortSignal, note: ReturnType<typeof createProgressNotes>['note']) {
    const local = await storage.open(file.storageKey, signal)
    if (!local) throw new DocumentError('broken', missing)
    try {
      return await reader.read(local.path, file.name, {
        signal,
        onProgress: ({ step, done, total }) => {
          if (step === 'reading') note({ state: 'reading', done, total })
        },
      })
    } finally {
      await local.release()
    }
  }

  async function store(
    tx: Tx,
    scope: Scope,
    file: FileRow,
    document: ReadDocument,
    prepared: PreparedPassages,
  ): Promise<void> {
    if (!(await lockClaim(tx, scope, file))) throw new ClaimLost()
    await passages.replace(tx, scope, file, prepared)
    const { kind, title, pages, characters, language, encoding } = document
    const shown = title?.slice(0, maxTitleLength).toWellFormed() ?? null
    const fields = { kind, title: shown, pages, characters, language, encoding, passages: document.passages.length }
    await storeReading(tx, scope, file, fields, prepared.lacksVectors ? foundByWordsAlone : null)
  }

  /** The model has done its work, whatever became of the document. */
  async function bookUnused(scope: Scope, file: FileRow, prepared: PreparedPassages): Promise<void> {
    await db
      .tenant(scope, (tx) => passages.bookUnused(tx, scope, file, prepared))
      .catch((error: unknown) => {
        logger.warn({ err: error, file_id: file.id }, 'the vectors of a document are not in the ledger')
      })
  }

  /** A document that cannot be read stays so; anything else may pass, and is thrown for the queue to try again. */
  async function settle(scope: Scope, file: FileRow, error: unknown, { attempt, isLastAttempt }: JobContext) {
    const fail = (state: 'failed' | 'queued', reason: FileError) =>
      db.tenant(scope, (tx) => storeFailure(tx, scope, file, state, reason))
    if (error instanceof DocumentError) {
      await fail('failed', { code: error.code, detail: error.message })
      return
    }
    const detail = isLastAttempt
      ? internal.detail
      : `Attempt ${attempt} did not succeed; it is tried again by itself. ${internal.detail}`
    await fail(isLastAttempt ? 'failed' : 'queued', { code: internal.code, detail })
    throw error
  }
}

const missing = 'The content of this file is missing. Delete the file and upload it again.'
const internal: FileError = {
  code: 'internal',
  detail:
    'Something went wrong on our side. Read the file again later; if that does not help, tell whoever runs this server.',
}
const foundByWordsAlone: FileError = {
  code: 'embedding_failed',
  detail:
    'The provider that makes vectors of the text did not take all of it: that is found by its words alone. Where it took nothing, it is asked again by itself; reading the file again does not wait for that.',
}

/** Another reading has begun, or the document is gone. */
class ClaimLost extends Error {}
