import type { FileState, KnowledgeFile, KnowledgeSummary, PageQuery, Passage } from '@chatbot-platform/contract'
import { z } from 'zod'
import type { Database } from '../../platform/database/database.ts'
import { AppError, invalid, notFound } from '../../platform/errors.ts'
import type { Logger } from '../../platform/logger.ts'
import { decodeCursor, encodeCursor, type Page, timeCursor, toPage } from '../../platform/paging.ts'
import type { Scope } from '../../platform/scope.ts'
import type { FileStorage, StoredContent } from '../../platform/storage/storage.ts'
import type { AuditService } from '../audit/audit.service.ts'
import type { FileLimits } from './file-limits.ts'
import {
  countFiles,
  deleteFile,
  findFile,
  findProjectId,
  listFiles,
  listPassages,
  requeueFile,
} from './files.repository.ts'
import type { FileRow } from './files.table.ts'
import type { ReadingQueue } from './reading-queue.ts'
import { toFile } from './to-file.ts'

interface Deps {
  db: Database
  storage: FileStorage
  readings: ReadingQueue
  audit: Pick<AuditService, 'record'>
  limits: FileLimits
  /** Who makes vectors of passages, if anybody. */
  embedding: KnowledgeSummary['embedding']
  logger: Pick<Logger, 'warn'>
}

export type FilesService = ReturnType<typeof createFilesService>

type ListQuery = PageQuery & { state?: FileState | undefined; source_id?: string | undefined }
type PassagesQuery = PageQuery & { around?: number | undefined }

/** Where a page of passages begins, or ends. */
const passageCursor = z.tuple([z.int32(), z.enum(['next', 'prev'])])
/** Passages shown before the one that was asked for. */
const passagesBefore = 3

/** Documents of a project that are there already. Unknown and foreign ids throw the same 404. */
export function createFilesService({ db, storage, readings, audit, limits, embedding, logger }: Deps) {
  return {
    list(scope: Scope, projectId: string, query: ListQuery): Promise<Page<KnowledgeFile>> {
      const { limit, cursor, state, source_id: sourceId } = query
      const after = decodeCursor(cursor, timeCursor)
      return db.read(scope, async (tx) => {
        if ((await findProjectId(tx, scope, projectId)) === undefined) throw notFound('project')
        const rows = await listFiles(tx, scope, projectId, { limit, after, state, sourceId })
        return toPage(rows, limit, (row) => [row.createdAt.toISOString(), row.id], toFile)
      })
    },

    get(scope: Scope, projectId: string, id: string): Promise<KnowledgeFile> {
      return db.tenant(scope, async (tx) => toFile(required(await findFile(tx, scope, projectId, id))))
    },

    /** What was uploaded, byte by byte. */
    async content(scope: Scope, projectId: string, id: string): Promise<StoredContent & { name: string }> {
      const { name, storageKey } = required(await db.read(scope, (tx) => findFile(tx, scope, projectId, id)))
      const stored = await storage.read(storageKey)
      if (stored) return { name, ...stored }
      logger.warn({ file_id: id }, 'the content of a file is missing from the file storage')
      throw new AppError('not_found', 'The content of this file is missing. Delete the file and upload it again.')
    },

    /** Throws 422 for two beginnings. */
    passages(scope: Scope, projectId: string, id: string, query: PassagesQuery): Promise<Page<Passage>> {
      const { limit, around } = query
      const cursor = decodeCursor(query.cursor, passageCursor)
      if (cursor && around !== undefined) {
        throw invalid(['query', 'around'], 'Give either a cursor or `around`: each says where the page is.')
      }
      const [at, way] = cursor ?? [Math.max(0, (around ?? 0) - Math.min(passagesBefore, limit - 1)), 'next' as const]
      return db.read(scope, async (tx) => {
        required(await findFile(tx, scope, projectId, id))
        const rows = await listPassages(tx, scope, id, { at, way, limit: limit + 1 })
        const isMore = rows.length > limit
        const shown = way === 'next' ? rows.slice(0, limit) : rows.slice(isMore ? 1 : 0)
        const [first, last] = [shown[0]?.ordinal ?? 0, shown.at(-1)?.ordinal ?? -1]
        return {
          items: shown.map(toPassage),
          nextCursor: way === 'prev' || isMore ? encodeCursor([last + 1, 'next']) : null,
          prevCursor: first > 0 && (way === 'next' || isMore) ? encodeCursor([first, 'prev']) : null,
        }
      })
    },

    reindex(scope: Scope, projectId: string, id: string): Promise<KnowledgeFile> {
      return db.tenant(scope, async (tx) => {
        const row = required(await requeueFile(tx, scope, projectId, id))
        await readings.add(tx, scope, row.id)
        return toFile(row)
      })
    },

    /** Its row and passages at once, its bytes right after that; where those cannot be reached, within two hours. */
    async remove(scope: Scope, projectId: string, id: string): Promise<void> {
      const row = await db.tenant(scope, async (tx) => {
        const deleted = required(await deleteFile(tx, scope, projectId, id))
        await audit.record(tx, scope, 'file.deleted', deleted.id)
        return deleted
      })
      await storage.delete(row.storageKey).catch((error: unknown) => {
        logger.warn({ err: error, file_id: row.id }, 'a deleted file is still stored; it is swept away later')
      })
    },

    summary(scope: Scope, projectId: string): Promise<KnowledgeSummary> {
      return db.read(scope, async (tx) => {
        if ((await findProjectId(tx, scope, projectId)) === undefined) throw notFound('project')
        return toSummary(await countFiles(tx, scope, projectId))
      })
    },
  }

  function toSummary(counts: Awaited<ReturnType<typeof countFiles>>): KnowledgeSummary {
    const sum = (key: 'files' | 'bytes' | 'passages', ...states: FileState[]) =>
      counts
        .filter(({ state }) => states.length === 0 || states.includes(state))
        .reduce((all, one) => all + one[key], 0)
    return {
      files: {
        ready: sum('files', 'ready'),
        under_way: sum('files', 'queued', 'reading', 'embedding'),
        failed: sum('files', 'failed'),
      },
      bytes: sum('bytes'),
      passages: sum('passages'),
      limits: {
        file_bytes: limits.fileBytes,
        file_pages: limits.filePages,
        file_characters: limits.fileCharacters,
        project_bytes: limits.projectBytes,
        project_files: limits.projectFiles,
        workspace_bytes: limits.workspaceBytes,
      },
      embedding,
    }
  }
}

function required(row: FileRow | undefined): FileRow {
  if (!row) throw notFound('file')
  return row
}

function toPassage(row: Passage): Passage {
  const { ordinal, text, heading, page, start, end, language } = row
  return { ordinal, text, heading, page, start, end, language }
}
