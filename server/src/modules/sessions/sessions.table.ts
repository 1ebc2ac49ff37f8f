import type { ErrorCode, FinishReason } from '@chatbot-platform/contract'
import { sql } from 'drizzle-orm'
import {
  boolean,
  check,
  foreignKey,
  index,
  integer,
  numeric,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { type Programmable, systemAccess, tableRules } from '../../platform/database/programmable.ts'
import { projects } from '../projects/projects.table.ts'

/** Conversations. */
export const chatSessions = pgTable(
  'chat_sessions',
  {
    workspaceId: uuid('workspace_id').notNull(),
    id: uuid().notNull(),
    projectId: uuid('project_id').notNull(),
    title: text(),
    pinned: boolean().notNull().default(false),
    /** The latest message of the path shown. */
    headMessageId: uuid('head_message_id'),
    /** Whether any message has siblings; only then is the path shown not simply all messages. */
    branched: boolean().notNull().default(false),
    nextSeq: integer('next_seq').notNull().default(1),
    /** Whether any question was ever sent with an image: only then do turns look for some. */
    hasImages: boolean('has_images').notNull().default(false),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    /** Latest activity, moved at most every ten seconds so that a busy session's row stays out of its index. */
    updatedAt: timestamp('updated_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    foreignKey({
      name: 'chat_sessions_project_fkey',
      columns: [t.workspaceId, t.projectId],
      foreignColumns: [projects.workspaceId, projects.id],
    }).onDelete('cascade'),
    index('chat_sessions_activity_idx').on(t.workspaceId, t.projectId, t.updatedAt, t.id),
    index('chat_sessions_pinned_idx').on(t.workspaceId, t.projectId, t.updatedAt, t.id).where(sql`pinned`),
    // What has been going on in all workspaces since the search index last looked.
    index('chat_sessions_recent_idx').on(t.updatedAt, t.id),
  ],
)

export type ChatSessionRow = typeof chatSessions.$inferSelect

/** Messages of sessions, and the state of the run that writes an answer. */
export const messages = pgTable(
  'messages',
  {
    workspaceId: uuid('workspace_id').notNull(),
    id: uuid().notNull(),
    sessionId: uuid('session_id').notNull(),
    parentId: uuid('parent_id'),
    seq: integer().notNull(),
    role: text({ enum: ['user', 'assistant'] }).notNull(),
    content: text().notNull(),
    state: text({ enum: ['pending', 'streaming', 'complete', 'failed', 'cancelled', 'interrupted'] }).notNull(),
    finishReason: text('finish_reason').$type<FinishReason>(),
    errorCode: text('error_code').$type<ErrorCode>(),
    provider: text(),
    model: text(),
    /** The prompt version that was used; a record, not a reference. */
    promptId: uuid('prompt_id'),
    promptTokens: integer('prompt_tokens'),
    completionTokens: integer('completion_tokens'),
    /** US dollars, as the ledger has it; NULL where the price is not known. */
    cost: numeric({ precision: 20, scale: 10, mode: 'number' }),
    /** Why this provider served it: `first_choice`, or what kept the first choice from it. */
    servedBecause: text('served_because'),
    /** Milliseconds from the acceptance of the turn to the first token. */
    firstTokenMs: integer('first_token_ms'),
    /** Whether it has siblings: other messages with the same parent. */
    forked: boolean().notNull().default(false),
    /** The server process that writes this answer; its fence: a process writes only runs it owns. */
    runOwner: uuid('run_owner'),
    /** Until when the owner may be silent before the run counts as interrupted. */
    leaseUntil: timestamp('lease_until', { withTimezone: true, precision: 3 }),
    /** On whose account the answer is written. With the next two: what the ledger gets when the owner cannot say it. */
    runUser: uuid('run_user'),
    /** Estimates, as of the last time that the text was stored under way. */
    runPromptTokens: integer('run_prompt_tokens'),
    runCompletionTokens: integer('run_completion_tokens'),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    unique('messages_seq_key').on(t.workspaceId, t.sessionId, t.seq),
    uniqueIndex('messages_active_run_key').on(t.workspaceId, t.sessionId).where(sql`state IN ('pending', 'streaming')`),
    index('messages_siblings_idx').on(t.workspaceId, t.sessionId, t.parentId).where(sql`forked`),
    foreignKey({
      name: 'messages_session_fkey',
      columns: [t.workspaceId, t.sessionId],
      foreignColumns: [chatSessions.workspaceId, chatSessions.id],
    }).onDelete('cascade'),
    check('messages_run_check', sql`(state IN ('pending', 'streaming')) = (lease_until IS NOT NULL)`),
  ],
)

export type MessageRow = typeof messages.$inferSelect

export const sessionRules: Programmable[] = [
  ...tableRules('chat_sessions'),
  ...systemAccess('chat_sessions', 'SELECT'),
  ...tableRules('messages'),
  ...systemAccess('messages', 'SELECT, UPDATE'),
]
