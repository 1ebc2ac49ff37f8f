import type { Source } from '@chatbot-platform/contract'
import type { SourceRow } from './sources.table.ts'

/** A stored web source in wire form. */
export function toSource(row: SourceRow): Source {
  return {
    id: row.id,
    project_id: row.projectId,
    kind: row.kind,
    url: row.url,
    refresh_hours: row.refreshHours,
    state: row.state,
    error: row.errorCode === null ? null : { code: row.errorCode, detail: row.errorDetail ?? '' },
    pages: {
      read: row.pagesRead,
      unchanged: row.pagesUnchanged,
      skipped: row.pagesSkipped,
      failed: row.pagesFailed,
    },
    last_crawled_at: row.lastCrawledAt?.toISOString() ?? null,
    next_crawl_at: row.nextCrawlAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
  }
}
