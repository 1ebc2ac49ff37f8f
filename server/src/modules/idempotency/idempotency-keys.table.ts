import { foreignKey, index, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { type Programmable, systemAccess, tableRules } from '../../platform/database/programmable.ts'
import { workspaces } from '../users/workspaces.table.ts'

/**
 * What `Idempotency-Key` headers stood for, written in the same transaction as the work. A turn is remembered by its
 * messages, anything else by its answer.
 */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    workspaceId: uuid('workspace_id').notNull(),
    userId: uuid('user_id').notNull(),
    /** Method and path, ids included. */
    route: text().notNull(),
    key: text().notNull(),
    /** SHA-256 of the request's body, hex. */
    bodyHash: text('body_hash').notNull(),
    sessionId: uuid('session_id'),
    userMessageId: uuid('user_message_id'),
    assistantMessageId: uuid('assistant_message_id'),
    /** The answer as JSON, for everything but turns. */
    response: text(),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.userId, t.route, t.key] }),
    foreignKey({
      name: 'idempotency_keys_workspace_fkey',
      columns: [t.workspaceId],
      foreignColumns: [workspaces.id],
    }).onDelete('cascade'),
    index('idempotency_keys_age_idx').on(t.workspaceId, t.createdAt),
  ],
)

export const idempotencyKeyRules: Programmable[] = [
  ...tableRules('idempotency_keys'),
  ...systemAccess('idempotency_keys', 'SELECT, DELETE'),
]
