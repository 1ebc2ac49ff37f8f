import type { FileError, UploadResult } from '@chatbot-platform/contract'
import { DocumentError } from '../../documents/document.ts'
import { recognise } from '../../documents/recognise.ts'
import { type Database, isUnavailable } from '../../platform/database/database.ts'
import { AppError, invalid, notFound } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Scope } from '../../platform/scope.ts'
import type { FileStorage, StagedFile } from '../../platform/storage/storage.ts'
import type { AuditService } from '../audit/audit.service.ts'
import { type FileLimits, inWords, roomOf } from './file-limits.ts'
import { cleanFileName } from './file-name.ts'
import {
  findProjectId,
  findUpload,
  holdProject,
  insertFile,
  lockUsage,
  type NewFile,
  usageOf,
} from './files.repository.ts'
import type { ReadingQueue } from './reading-queue.ts'
import { full, Refusal, requireRoom } from './room.ts'
import { toFile } from './to-file.ts'

interface Deps {
  db: Database
  storage: FileStorage
  readings: ReadingQueue
  audit: Pick<AuditService, 'record'>
  limits: FileLimits
  logger: Pick<Logger, 'warn'>
}

/** A file while it arrives: its sender's name for it, and its bytes. */
interface IncomingFile {
  name: string
  content: AsyncIterable<Uint8Array>
}

export type UploadsService = ReturnType<typeof createUploadsService>

/** Takes documents in. */
export function createUploadsService({ db, storage, readings, audit, limits, logger }: Deps) {
  return {
    /**
     * Stores each file as it arrives, and puts it into the queue of those to be read, in one transaction with its row.
     * What a project has already it does not get twice. Each file has a result; where none was taken, the first refusal
     * is thrown (413, 415 or 422), with the results as its member `files`. Throws 404 for an unknown project, and what the
     * storage throws.
     */
    async upload(scope: Scope, givenProjectId: string, incoming: AsyncIterable<IncomingFile>): Promise<UploadResult[]> {
      const projectId = await db.tenant(scope, (tx) => findProjectId(tx, scope, givenProjectId))
      if (projectId === undefined) throw notFound('project')
      const results: UploadResult[] = []
      for await (const file of incoming) results.push(await take(scope, projectId, file))
      if (results.length === 0) {
        throw invalid(['body', 'files'], 'Send at least one file, in a form field named files.', 'missing')
      }
      const refusal = results[0]?.error
      if (refusal && results.every(({ status }) => status === 'refused')) throw problemOf(refusal, results)
      return results
    },
  }

  async function take(scope: Scope, projectId: string, { name: given, content }: IncomingFile): Promise<UploadResult> {
    const name = cleanFileName(given)
    try {
      const { status, row } = await store(scope, projectId, name, content)
      return { name, status, file: toFile(row), error: null }
    } catch (error) {
      return { name, status: 'refused', file: null, error: refusalOf(error) }
    }
  }

  async function store(scope: Scope, projectId: string, name: string, content: IncomingFile['content']) {
    const usage = await db.tenant(scope, (tx) => usageOf(tx, scope, projectId))
    requireRoom(limits, usage, 1)
    const room = roomOf(limits, usage)
    const staged = await storage.stage(content, Math.min(limits.fileBytes, room))
    if (staged === 'too_large') throw room < limits.fileBytes ? full(limits, usage) : tooLarge()
    try {
      const kind = recognise(staged.head, name)
      const { bytes, sha256 } = staged
      const known = await db.tenant(scope, (tx) => findUpload(tx, scope, projectId, sha256))
      if (known) return { status: 'exists' as const, row: known }
      const id = newId()
      const storageKey = `${scope.workspaceId}/${projectId}/${id}-1`
      return await register(scope, { id, projectId, name, kind, bytes, sha256, storageKey }, staged)
    } finally {
      await staged.discard()
    }
  }

  /** The bytes first: a row never names what is not there. Bytes without a row are swept away in time. */
  async function register(scope: Scope, file: NewFile, staged: StagedFile) {
    await storage.keep(staged, file.storageKey)
    let isKept = false
    try {
      const taken = await db.tenant(scope, async (tx) => {
        await lockUsage(tx, scope)
        if (!(await holdProject(tx, scope, file.projectId))) throw notFound('project')
        const known = await findUpload(tx, scope, file.projectId, file.sha256)
        if (known) return { status: 'exists' as const, row: known }
        requireRoom(limits, await usageOf(tx, scope, file.projectId), file.bytes)
        const row = await insertFile(tx, scope, file)
        if (!row) throw new Error('the content was taken although its project was locked')
        await readings.add(tx, scope, file.id)
        await audit.record(tx, scope, 'file.uploaded', file.id)
        return { status: 'created' as const, row }
      })
      isKept = taken.status === 'created'
      return taken
    } catch (error) {
      // Then nobody knows whether the row was committed.
      isKept = isUnavailable(error)
      throw error
    } finally {
      if (!isKept) await forget(file.storageKey)
    }
  }

  async function forget(key: string): Promise<void> {
    await storage.delete(key).catch((error: unknown) => {
      logger.warn({ err: error }, 'a file that was not taken could not be deleted; it is swept away later')
    })
  }

  function tooLarge(): Refusal {
    const limit = inWords(limits.fileBytes)
    return new Refusal('too_large', `A file may have ${limit}. Split it, or leave out what is not needed.`)
  }
}

/** Anything that is not about this one file is thrown on. */
function refusalOf(error: unknown): FileError {
  if (error instanceof Refusal || error instanceof DocumentError) return { code: error.code, detail: error.message }
  throw error
}

const problemCodes = {
  too_large: 'too_large',
  storage_full: 'too_large',
  unsupported_type: 'unsupported_media_type',
  not_text: 'unsupported_media_type',
} as const

function problemOf({ code, detail }: FileError, files: UploadResult[]): AppError {
  const members = { files }
  if (code in problemCodes) return new AppError(problemCodes[code as keyof typeof problemCodes], detail, { members })
  const issues = [{ loc: ['body', 'files'], msg: detail, type: code }]
  return new AppError('validation_failed', detail, { issues, members })
}
