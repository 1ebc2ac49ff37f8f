import { index, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { currentUser, currentWorkspace, type Programmable, tableRules } from '../../platform/database/programmable.ts'
import { users } from './users.table.ts'

/** Tenants. Registration makes a personal one; everything a tenant owns carries its id. */
export const workspaces = pgTable('workspaces', {
  id: uuid().primaryKey(),
  name: text().notNull(),
  createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
})

export const memberships = pgTable(
  'memberships',
  {
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.id, { onDelete: 'cascade' }),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    role: text({ enum: ['owner', 'admin', 'editor', 'viewer'] }).notNull(),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.userId] }), index('memberships_user_id_idx').on(t.userId)],
)

export const workspaceRules: Programmable[] = [
  ...tableRules('workspaces', { visible: `id = ${currentWorkspace}` }),
  ...tableRules('memberships', {
    visible: `workspace_id = ${currentWorkspace} OR user_id = ${currentUser}`,
    // Nobody makes himself a member of a workspace he is not acting in.
    writable: `workspace_id = ${currentWorkspace}`,
  }),
]
