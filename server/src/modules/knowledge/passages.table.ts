import { foreignKey, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { type Programmable, tableRules } from '../../platform/database/programmable.ts'
import { files } from '../files/files.table.ts'

/** The text of documents, in parts. A file's passages are replaced together. */
export const passages = pgTable(
  'passages',
  {
    workspaceId: uuid('workspace_id').notNull(),
    fileId: uuid('file_id').notNull(),
    /** From 0. */
    ordinal: integer().notNull(),
    projectId: uuid('project_id').notNull(),
    text: text().notNull(),
    heading: text(),
    page: integer(),
    /** Where it stands in the document's text, in UTF-16 units. */
    start: integer('start_offset').notNull(),
    end: integer('end_offset').notNull(),
    language: text().notNull(),
    /** An estimate. */
    tokens: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.fileId, t.ordinal] }),
    foreignKey({
      name: 'passages_file_fkey',
      columns: [t.workspaceId, t.fileId],
      foreignColumns: [files.workspaceId, files.id],
    }).onDelete('cascade'),
  ],
)

export type PassageRow = typeof passages.$inferSelect

export const passageRules: Programmable[] = tableRules('passages')
