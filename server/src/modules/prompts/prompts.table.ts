import { foreignKey, integer, pgTable, primaryKey, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'
import { type Programmable, tableRules } from '../../platform/database/programmable.ts'
import { projects } from '../projects/projects.table.ts'

/** Versions of a project's system prompt; rows never change (the runtime role has no UPDATE on them). */
export const prompts = pgTable(
  'prompts',
  {
    workspaceId: uuid('workspace_id').notNull(),
    id: uuid().notNull(),
    projectId: uuid('project_id').notNull(),
    version: integer().notNull(),
    content: text().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    unique('prompts_version_key').on(t.workspaceId, t.projectId, t.version),
    unique('prompts_project_key').on(t.workspaceId, t.projectId, t.id),
    foreignKey({
      name: 'prompts_project_fkey',
      columns: [t.workspaceId, t.projectId],
      foreignColumns: [projects.workspaceId, projects.id],
    }).onDelete('cascade'),
  ],
)

export type PromptRow = typeof prompts.$inferSelect

export const promptRules: Programmable[] = [
  ...tableRules('prompts', { grant: 'SELECT, INSERT' }),
  {
    // Beside the tables, because each of the two refers to the other: an active prompt is one of the same project.
    name: 'constraint projects.active_prompt',
    up: `ALTER TABLE projects ADD CONSTRAINT projects_active_prompt_fkey FOREIGN KEY (workspace_id, id, active_prompt_id) REFERENCES prompts (workspace_id, project_id, id);`,
    down: `ALTER TABLE projects DROP CONSTRAINT projects_active_prompt_fkey;`,
  },
]
