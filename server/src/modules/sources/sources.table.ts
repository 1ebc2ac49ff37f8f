import type { FileErrorCode } from '@chatbot-platform/contract'
import { sql } from 'drizzle-orm'
import { foreignKey, index, integer, pgTable, primaryKey, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'
import { type Programmable, systemAccess, tableRules } from '../../platform/database/programmable.ts'
import { projects } from '../projects/projects.table.ts'

/** Web pages and sitemaps that projects read. */
export const sources = pgTable(
  'sources',
  {
    workspaceId: uuid('workspace_id').notNull(),
    id: uuid().notNull(),
    projectId: uuid('project_id').notNull(),
    kind: text({ enum: ['url', 'sitemap'] }).notNull(),
    url: text().notNull(),
    /** NULL: read only when asked. */
    refreshHours: integer('refresh_hours'),
    state: text({ enum: ['queued', 'crawling', 'ready', 'failed'] })
      .notNull()
      .default('queued'),
    /** Counts the readings begun; a reading writes only while it is the latest. */
    epoch: integer().notNull().default(0),
    errorCode: text('error_code').$type<FileErrorCode>(),
    errorDetail: text('error_detail'),
    /** Pages of the last reading. */
    pagesRead: integer('pages_read').notNull().default(0),
    pagesUnchanged: integer('pages_unchanged').notNull().default(0),
    pagesSkipped: integer('pages_skipped').notNull().default(0),
    pagesFailed: integer('pages_failed').notNull().default(0),
    /** Readings that failed one after the other; each makes the pause before the next longer. */
    failures: integer().notNull().default(0),
    lastCrawledAt: timestamp('last_crawled_at', { withTimezone: true, precision: 3 }),
    nextCrawlAt: timestamp('next_crawl_at', { withTimezone: true, precision: 3 }),
    createdBy: uuid('created_by').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    unique('sources_url_key').on(t.workspaceId, t.projectId, t.url),
    index('sources_newest_idx').on(t.workspaceId, t.projectId, t.createdAt, t.id),
    index('sources_due_idx').on(t.workspaceId, t.nextCrawlAt).where(sql`next_crawl_at IS NOT NULL`),
    index('sources_under_way_idx').on(t.workspaceId, t.id).where(sql`state IN ('queued', 'crawling')`),
    foreignKey({
      name: 'sources_project_fkey',
      columns: [t.workspaceId, t.projectId],
      foreignColumns: [projects.workspaceId, projects.id],
    }).onDelete('cascade'),
  ],
)

export type SourceRow = typeof sources.$inferSelect

export const sourceRules: Programmable[] = [...tableRules('sources'), ...systemAccess('sources', 'SELECT')]
