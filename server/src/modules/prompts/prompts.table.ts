import { foreignKey, integer, pgTable, primaryKey, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core'
import {
  currentWorkspace,
  type Programmable,
  systemAccess,
  systemFunction,
  systemRole,
  tableRules,
} from '../../platform/database/programmable.ts'
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
    /** The user who wrote it; a record, not a reference: the account may be gone. */
    createdBy: uuid('created_by'),
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
  ...systemAccess('prompts', 'SELECT'),
  // Of accounts the system role sees who they are, and no password.
  {
    name: 'policy users.system',
    up: `CREATE POLICY system ON users FOR SELECT TO ${systemRole} USING (true);`,
    down: `DROP POLICY system ON users;`,
  },
  {
    name: 'grant users system',
    up: `GRANT SELECT (id, email) ON users TO ${systemRole};`,
    down: `REVOKE SELECT (id, email) ON users FROM ${systemRole};`,
  },
  systemFunction(
    'prompt_authors(uuid[])',
    `prompt_authors(p_prompts uuid[]) RETURNS TABLE (prompt_id uuid, id uuid, email text) LANGUAGE sql STABLE AS $$
  SELECT p.id, u.id, u.email FROM prompts p JOIN users u ON u.id = p.created_by
    WHERE p.workspace_id = ${currentWorkspace} AND p.id = ANY (p_prompts)
$$`,
  ),
]
