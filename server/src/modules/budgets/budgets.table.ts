import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  date,
  foreignKey,
  numeric,
  pgTable,
  primaryKey,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core'
import { type Programmable, systemAccess, tableRules } from '../../platform/database/programmable.ts'
import { projects } from '../projects/projects.table.ts'
import { workspaces } from '../users/workspaces.table.ts'

const tokens = (name: string) => bigint(name, { mode: 'number' })
const dollars = (name: string) => numeric(name, { precision: 20, scale: 10, mode: 'number' })
const day = (name: string) => date(name, { mode: 'string' })

/** NULL means without limit. */
const limits = {
  tokensPerDay: tokens('tokens_per_day'),
  tokensPerMonth: tokens('tokens_per_month'),
  /** US dollars. */
  costPerDay: dollars('cost_per_day'),
  costPerMonth: dollars('cost_per_month'),
}

/** What `day` and the month that begins with `month` (UTC) have seen: what runs used, and what is held for those under way. */
const counters = {
  day: day('day').notNull(),
  dayTokens: tokens('day_tokens').notNull().default(0),
  dayCost: dollars('day_cost').notNull().default(0),
  month: day('month').notNull(),
  monthTokens: tokens('month_tokens').notNull().default(0),
  monthCost: dollars('month_cost').notNull().default(0),
  /** The day and the month of which the warning has been given. */
  dayWarned: day('day_warned'),
  monthWarned: day('month_warned'),
}

/** Budgets of workspaces and projects. Where there is no row there is no budget, and a turn touches none. */
export const budgets = pgTable(
  'budgets',
  {
    workspaceId: uuid('workspace_id').notNull(),
    /** The project, or the workspace itself. */
    subjectId: uuid('subject_id').notNull(),
    projectId: uuid('project_id'),
    ...limits,
    ...counters,
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.subjectId] }),
    foreignKey({ name: 'budgets_workspace_fkey', columns: [t.workspaceId], foreignColumns: [workspaces.id] }).onDelete(
      'cascade',
    ),
    foreignKey({
      name: 'budgets_project_fkey',
      columns: [t.workspaceId, t.projectId],
      foreignColumns: [projects.workspaceId, projects.id],
    }).onDelete('cascade'),
    check('budgets_subject_check', sql`subject_id = coalesce(project_id, workspace_id)`),
  ],
)

export type BudgetRow = typeof budgets.$inferSelect

/** What is held for a run under way; gone once the run is settled, also when its session is deleted meanwhile. */
export const budgetReservations = pgTable(
  'budget_reservations',
  {
    workspaceId: uuid('workspace_id').notNull(),
    /** The answer that the run writes. */
    messageId: uuid('message_id').notNull(),
    projectId: uuid('project_id').notNull(),
    tokens: tokens('tokens').notNull(),
    cost: dollars('cost').notNull(),
    /** US dollars per token by the dearest model that may answer; they price what nobody counted. */
    inputPrice: numeric('input_price', { mode: 'number' }).notNull(),
    outputPrice: numeric('output_price', { mode: 'number' }).notNull(),
    /** The day (UTC) it was held on. */
    day: day('day').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true, precision: 3 }).notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.messageId] }),
    foreignKey({
      name: 'budget_reservations_workspace_fkey',
      columns: [t.workspaceId],
      foreignColumns: [workspaces.id],
    }).onDelete('cascade'),
  ],
)

/** The budget of the whole instance, from its settings; at most one row, and none without such settings. */
export const instanceBudget = pgTable(
  'instance_budget',
  { isOnly: boolean('is_only').primaryKey().default(true), ...limits, ...counters },
  () => [check('instance_budget_only_check', sql`is_only`)],
)

export const budgetRules: Programmable[] = [
  ...tableRules('budgets'),
  ...systemAccess('budgets', 'SELECT, UPDATE'),
  ...tableRules('budget_reservations'),
  ...systemAccess('budget_reservations', 'SELECT, DELETE'),
  // Every turn adds to it, whoever it belongs to; it says nothing about anybody.
  ...tableRules('instance_budget', { visible: 'true', grant: 'SELECT, UPDATE' }),
  ...systemAccess('instance_budget', 'SELECT, INSERT, UPDATE, DELETE'),
]
