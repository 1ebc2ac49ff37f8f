import type { MessageHit, MessageSearchQuery } from '@chatbot-platform/contract'
import { z } from 'zod'
import type { Database } from '../../platform/database/database.ts'
import { invalid, notFound } from '../../platform/errors.ts'
import { decodeCursor, type Page, toPage } from '../../platform/paging.ts'
import type { Scope } from '../../platform/scope.ts'
import { findHits, type HitRow, projectExists } from './search.repository.ts'
import { type Phrase, parseTerms } from './search-terms.ts'
import { snippetOf } from './snippet.ts'

export type SearchService = ReturnType<typeof createSearchService>

const hitCursor = z.tuple([z.iso.datetime(), z.guid(), z.int32()])

/** How much of a message is read to show where its match stands. */
const maxChars = 50_000

/** Full-text search in the messages of a workspace. */
export function createSearchService({ db }: { db: Database }) {
  return {
    /** Throws 422 when nothing is left to look for, 404 for a project that is not this tenant's. */
    messages(scope: Scope, { q, project_id: projectId, limit, cursor }: MessageSearchQuery): Promise<Page<MessageHit>> {
      const terms = parseTerms(q)
      if (!terms) throw invalid(['query', 'q'], 'Name at least one word to look for.')
      const after = decodeCursor(cursor, hitCursor)
      return db.read(scope, async (tx) => {
        if (projectId !== undefined && !(await projectExists(tx, scope, projectId))) throw notFound('project')
        const search = { query: terms.tsquery, projectId, after, maxChars, count: limit + 1 }
        const rows = await findHits(tx, scope, search)
        return toPage(
          rows,
          limit,
          (row) => [row.created_at, row.session_id, row.seq],
          (row) => toHit(row, terms.wanted),
        )
      })
    },
  }
}

function toHit(row: HitRow, wanted: Phrase[]): MessageHit {
  const { text, matches } = snippetOf(row.content, wanted)
  return {
    message_id: row.message_id,
    session_id: row.session_id,
    session_title: row.session_title,
    project_id: row.project_id,
    role: row.role,
    snippet: text,
    matches,
    timestamp: row.created_at,
    rank: row.rank,
  }
}
