import { foreignKey, integer, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core'
import { type Programmable, tableRules } from '../../platform/database/programmable.ts'
import { messages } from '../sessions/sessions.table.ts'

/**
 * The passages that an answer was given, by the numbers it cites them with. It names them and copies nothing: with
 * its file, a passage is gone from old answers too.
 */
export const citations = pgTable(
  'citations',
  {
    workspaceId: uuid('workspace_id').notNull(),
    messageId: uuid('message_id').notNull(),
    /** From 1. */
    number: integer().notNull(),
    /** A record, not a reference: the file may be gone, and then nothing of it is shown. */
    fileId: uuid('file_id').notNull(),
    /** Of the file's content; another version means that the passage may be another. */
    fileVersion: integer('file_version').notNull(),
    ordinal: integer().notNull(),
    page: integer(),
    start: integer('start_offset').notNull(),
    end: integer('end_offset').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.messageId, t.number] }),
    foreignKey({
      name: 'citations_message_fkey',
      columns: [t.workspaceId, t.messageId],
      foreignColumns: [messages.workspaceId, messages.id],
    }).onDelete('cascade'),
  ],
)

export type CitationRow = typeof citations.$inferSelect

export const citationRules: Programmable[] = tableRules('citations')
