import { foreignKey, index, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { type Programmable, tableRules } from '../../platform/database/programmable.ts'
import { messages } from '../sessions/sessions.table.ts'
import { memberships } from '../users/workspaces.table.ts'

/** What people think of answers, at most one opinion each. */
export const messageFeedback = pgTable(
  'message_feedback',
  {
    workspaceId: uuid('workspace_id').notNull(),
    messageId: uuid('message_id').notNull(),
    userId: uuid('user_id').notNull(),
    rating: text({ enum: ['up', 'down'] }).notNull(),
    reason: text(),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.messageId, t.userId] }),
    foreignKey({
      name: 'message_feedback_message_fkey',
      columns: [t.workspaceId, t.messageId],
      foreignColumns: [messages.workspaceId, messages.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'message_feedback_member_fkey',
      columns: [t.workspaceId, t.userId],
      foreignColumns: [memberships.workspaceId, memberships.userId],
    }).onDelete('cascade'),
    // Serves the second foreign key: a member who goes takes the opinions along.
    index('message_feedback_member_idx').on(t.workspaceId, t.userId),
  ],
)

export const feedbackRules: Programmable[] = tableRules('message_feedback')
