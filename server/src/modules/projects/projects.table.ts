import type { Fallback } from '@chatbot-platform/contract'
import {
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  real,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core'
import { type Programmable, tableRules } from '../../platform/database/programmable.ts'
import { workspaces } from '../users/workspaces.table.ts'

/** Chatbots. A NULL model setting means the instance's default. */
export const projects = pgTable(
  'projects',
  {
    workspaceId: uuid('workspace_id').notNull(),
    id: uuid().notNull(),
    name: text().notNull(),
    description: text(),
    provider: text(),
    model: text(),
    temperature: real(),
    maxTokens: integer('max_tokens'),
    /** Provider and model pairs to try, in order, when the project's own choice fails before its first token. */
    fallbacks: jsonb().$type<Fallback[]>().notNull().default([]),
    /** Whether its answers may go beyond its documents. */
    grounding: text({ enum: ['open', 'documents_only'] })
      .notNull()
      .default('open'),
    /** The version that is the system prompt; a pointer, so that there is at most one. */
    activePromptId: uuid('active_prompt_id'),
    nextPromptVersion: integer('next_prompt_version').notNull().default(1),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    foreignKey({ name: 'projects_workspace_fkey', columns: [t.workspaceId], foreignColumns: [workspaces.id] }).onDelete(
      'cascade',
    ),
    index('projects_newest_idx').on(t.workspaceId, t.createdAt, t.id),
  ],
)

export type ProjectRow = typeof projects.$inferSelect

export const projectRules: Programmable[] = tableRules('projects')
