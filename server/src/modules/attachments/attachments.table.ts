import type { ImageKind } from '@chatbot-platform/contract'
import { sql } from 'drizzle-orm'
import { bigint, foreignKey, index, integer, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { type Programmable, systemAccess, tableRules } from '../../platform/database/programmable.ts'
import { projects } from '../projects/projects.table.ts'
import { messages } from '../sessions/sessions.table.ts'

/**
 * Images of messages. Their bytes are in the file storage under `storage_key`, which the images of an edited question
 * share with those of the question before.
 */
export const attachments = pgTable(
  'attachments',
  {
    workspaceId: uuid('workspace_id').notNull(),
    id: uuid().notNull(),
    projectId: uuid('project_id').notNull(),
    /** NULL until it is sent. */
    messageId: uuid('message_id'),
    /** Place among the images of its message, from 1; 0 until it is sent. */
    ordinal: integer().notNull().default(0),
    kind: text().$type<ImageKind>().notNull(),
    bytes: bigint({ mode: 'number' }).notNull(),
    width: integer().notNull(),
    height: integer().notNull(),
    storageKey: text('storage_key').notNull(),
    createdBy: uuid('created_by').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    index('attachments_message_idx').on(t.workspaceId, t.messageId, t.ordinal),
    index('attachments_key_idx').on(t.workspaceId, t.storageKey),
    index('attachments_project_idx').on(t.workspaceId, t.projectId),
    index('attachments_unsent_idx').on(t.workspaceId, t.createdAt).where(sql`message_id IS NULL`),
    foreignKey({
      name: 'attachments_project_fkey',
      columns: [t.workspaceId, t.projectId],
      foreignColumns: [projects.workspaceId, projects.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'attachments_message_fkey',
      columns: [t.workspaceId, t.messageId],
      foreignColumns: [messages.workspaceId, messages.id],
    }).onDelete('cascade'),
  ],
)

export type AttachmentRow = typeof attachments.$inferSelect

export const attachmentRules: Programmable[] = [
  ...tableRules('attachments'),
  ...systemAccess('attachments', 'SELECT, DELETE'),
]
