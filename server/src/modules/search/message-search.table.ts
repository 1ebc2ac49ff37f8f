import { sql } from 'drizzle-orm'
import {
  boolean,
  check,
  customType,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core'
import { type Programmable, systemAccess, tableRules } from '../../platform/database/programmable.ts'
import { messages } from '../sessions/sessions.table.ts'

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' })

/**
 * The words of messages, beside the messages so that neither of a turn's two statements touches a text index. A row is
 * made once the indexer has seen its message, and gets its words when the message is final: rows without are the queue.
 */
export const messageSearch = pgTable(
  'message_search',
  {
    workspaceId: uuid('workspace_id').notNull(),
    sessionId: uuid('session_id').notNull(),
    seq: integer().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull(),
    /** With two lexemes that are no words: `#` and the id of the workspace, and of the project. */
    words: tsvector(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.sessionId, t.seq] }),
    foreignKey({
      name: 'message_search_message_fkey',
      columns: [t.workspaceId, t.sessionId, t.seq],
      foreignColumns: [messages.workspaceId, messages.sessionId, messages.seq],
    }).onDelete('cascade'),
    index('message_search_newest_idx').on(t.workspaceId, t.createdAt, t.sessionId, t.seq),
    index('message_search_queue_idx').on(t.workspaceId, t.sessionId, t.seq).where(sql`words IS NULL`),
    index('message_search_words_idx').using('gin', t.words),
  ],
)

/** How far the indexer has followed the activity of sessions; one row. */
export const searchProgress = pgTable(
  'search_progress',
  {
    isOnly: boolean('is_only').primaryKey().default(true),
    updatedAt: timestamp('updated_at', { withTimezone: true, precision: 3 }).notNull().default(sql`'-infinity'`),
    sessionId: uuid('session_id').notNull().default('00000000-0000-0000-0000-000000000000'),
    /** Until when a process has the work for itself. */
    claimedUntil: timestamp('claimed_until', { withTimezone: true, precision: 3 }).notNull().default(sql`'-infinity'`),
  },
  () => [check('search_progress_only_check', sql`is_only`)],
)

export const searchRules: Programmable[] = [
  ...tableRules('message_search', { grant: 'SELECT' }),
  ...systemAccess('message_search', 'SELECT, INSERT, UPDATE'),
  ...tableRules('search_progress', { visible: 'false', grant: 'SELECT' }),
  ...systemAccess('search_progress', 'SELECT, INSERT, UPDATE'),
]
