import { and, asc, eq, inArray } from 'drizzle-orm'
import type { Database, Tx } from '../../platform/database/database.ts'
import type { Scope } from '../../platform/scope.ts'
import { files } from '../files/files.table.ts'
import { type CitationRow, citations } from './citations.table.ts'
import { passages } from './passages.table.ts'

/** A citation with what its document shows of it now; null where that is gone. */
export interface ReadCitation {
  citation: CitationRow
  file: { name: string; url: string | null; version: number } | null
  /** Only as long as the document still has this passage. */
  passage: { heading: string | null; text: string } | null
}

/** The answer whose citations are stored, by the process that writes it. */
export interface CitingRun {
  workspaceId: string
  projectId: string
  sessionId: string
  messageId: string
  ownerId: string
}

/** A passage as it was given to an answer. */
export interface GivenPassage {
  number: number
  file_id: string
  file_version: number
  ordinal: number
  page: number | null
  start_offset: number
  end_offset: number
}

/** The citations of these messages, with their documents as they are now. */
export async function readCitations(tx: Tx, scope: Scope, messageIds: string[]): Promise<ReadCitation[]> {
  const rows = await tx
    .select({
      citation: citations,
      file: { name: files.name, url: files.url, version: files.version },
      passage: { heading: passages.heading, text: passages.text },
    })
    .from(citations)
    .leftJoin(files, and(eq(files.workspaceId, citations.workspaceId), eq(files.id, citations.fileId)))
    .leftJoin(
      passages,
      and(
        eq(passages.workspaceId, citations.workspaceId),
        eq(passages.fileId, citations.fileId),
        eq(passages.ordinal, citations.ordinal),
        eq(passages.start, citations.start),
        eq(passages.end, citations.end),
      ),
    )
    .where(and(eq(citations.workspaceId, scope.workspaceId), inArray(citations.messageId, messageIds)))
    .orderBy(asc(citations.messageId), asc(citations.number))
  return rows
}

/**
 * Stores what an answer was given: passages, or those of the message it carries on. Returns the numbers that were stored,
 * without documents that have gone meanwhile; null where the answer is no longer this owner's to write.
 */
export async function storeCitations(
  db: Database,
  run: CitingRun,
  given: { passages: GivenPassage[] } | { copiedFrom: string },
): Promise<number[] | null> {
  const [row] = await db.call<{ numbers: number[] | null }>(
    'store_citations',
    'SELECT store_citations($1) AS numbers',
    [
      JSON.stringify({
        workspace_id: run.workspaceId,
        project_id: run.projectId,
        session_id: run.sessionId,
        message_id: run.messageId,
        owner_id: run.ownerId,
        ...('passages' in given ? { passages: given.passages } : { copied_from: given.copiedFrom }),
      }),
    ],
  )
  return row?.numbers ?? null
}
