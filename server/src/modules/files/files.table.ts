import type { FileErrorCode, FileKind } from '@chatbot-platform/contract'
import { sql } from 'drizzle-orm'
import {
  bigint,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { type Programmable, systemAccess, tableRules } from '../../platform/database/programmable.ts'
import { projects } from '../projects/projects.table.ts'
import { sources } from '../sources/sources.table.ts'

/** Documents of projects. Their bytes are in the file storage under `storage_key`, their text in passages. */
export const files = pgTable(
  'files',
  {
    workspaceId: uuid('workspace_id').notNull(),
    id: uuid().notNull(),
    projectId: uuid('project_id').notNull(),
    /** The web source it belongs to; NULL for an upload. */
    sourceId: uuid('source_id'),
    name: text().notNull(),
    /** Of a page that was read from the web, with what its server said for asking again. */
    url: text(),
    etag: text(),
    lastModified: text('last_modified'),
    kind: text().$type<FileKind>().notNull(),
    bytes: bigint({ mode: 'number' }).notNull(),
    /** SHA-256 of the content, hex. */
    sha256: text().notNull(),
    storageKey: text('storage_key').notNull(),
    /** Rises with every change of the content, once it has been read; citations name the version they were made from. */
    version: integer().notNull().default(1),
    /** Of the content that is stored. */
    contentVersion: integer('content_version').notNull().default(1),
    state: text({ enum: ['queued', 'reading', 'embedding', 'ready', 'failed'] })
      .notNull()
      .default('queued'),
    /** Counts the readings begun; a reading writes only while it is the latest. */
    epoch: integer().notNull().default(0),
    progressDone: integer('progress_done'),
    progressTotal: integer('progress_total'),
    errorCode: text('error_code').$type<FileErrorCode>(),
    errorDetail: text('error_detail'),
    title: text(),
    pages: integer(),
    characters: integer(),
    passages: integer(),
    language: text(),
    /** Of its text, where that had to be guessed. */
    encoding: text(),
    createdBy: uuid('created_by').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    indexedAt: timestamp('indexed_at', { withTimezone: true, precision: 3 }),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    // The same upload twice within a project is one file; pages of the web are told apart by their address.
    uniqueIndex('files_upload_key').on(t.workspaceId, t.projectId, t.sha256).where(sql`source_id IS NULL`),
    uniqueIndex('files_page_key').on(t.workspaceId, t.sourceId, t.url).where(sql`source_id IS NOT NULL`),
    index('files_newest_idx').on(t.workspaceId, t.projectId, t.createdAt, t.id),
    index('files_under_way_idx').on(t.workspaceId, t.id).where(sql`state IN ('queued', 'reading', 'embedding')`),
    // Every turn asks whether its project has anything to look in.
    index('files_indexed_idx').on(t.workspaceId, t.projectId).where(sql`indexed_at IS NOT NULL`),
    foreignKey({
      name: 'files_project_fkey',
      columns: [t.workspaceId, t.projectId],
      foreignColumns: [projects.workspaceId, projects.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'files_source_fkey',
      columns: [t.workspaceId, t.sourceId],
      foreignColumns: [sources.workspaceId, sources.id],
    }).onDelete('cascade'),
  ],
)

export type FileRow = typeof files.$inferSelect

export const fileRules: Programmable[] = [...tableRules('files'), ...systemAccess('files', 'SELECT')]
