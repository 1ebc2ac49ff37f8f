import type { AuditAction, AuditEvent } from '@chatbot-platform/contract'
import { foreignKey, index, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { type Programmable, tableRules } from '../../platform/database/programmable.ts'
import { workspaces } from '../users/workspaces.table.ts'

/**
 * The audit log. Rows are only added (the runtime role has neither UPDATE nor DELETE on them) and refer to nothing but
 * their workspace, so they outlive what they speak of. They hold ids and no content.
 */
export const auditEvents = pgTable(
  'audit_events',
  {
    workspaceId: uuid('workspace_id').notNull(),
    id: uuid().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    /** NULL for somebody who failed to sign in, and for the operator. */
    actorId: uuid('actor_id'),
    targetId: uuid('target_id').notNull(),
    targetType: text('target_type').$type<AuditEvent['target']['type']>().notNull(),
    action: text().$type<AuditAction>().notNull(),
    address: text(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    foreignKey({
      name: 'audit_events_workspace_fkey',
      columns: [t.workspaceId],
      foreignColumns: [workspaces.id],
    }).onDelete('cascade'),
    index('audit_events_newest_idx').on(t.workspaceId, t.createdAt, t.id),
  ],
)

export type AuditEventRow = typeof auditEvents.$inferSelect

export const auditRules: Programmable[] = tableRules('audit_events', { grant: 'SELECT, INSERT' })
