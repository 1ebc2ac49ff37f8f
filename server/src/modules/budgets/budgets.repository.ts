import type { BudgetLimits } from '@chatbot-platform/contract'
import { and, eq, sql } from 'drizzle-orm'
import type { Database, Tx } from '../../platform/database/database.ts'
import type { Scope } from '../../platform/scope.ts'
import { type BudgetRow, budgetReservations, budgets } from './budgets.table.ts'

/** What a budget is of: a project, or the workspace where that is null. */
export type Subject = string | null

export type Counters = Pick<BudgetRow, 'day' | 'dayTokens' | 'dayCost' | 'month' | 'monthTokens' | 'monthCost'>
export type Limits = Pick<BudgetRow, 'tokensPerDay' | 'tokensPerMonth' | 'costPerDay' | 'costPerMonth'>

const today = sql`(now() AT TIME ZONE 'UTC')::date`
const thisMonth = sql`date_trunc('month', now() AT TIME ZONE 'UTC')::date`

/** Whether the caller owns the workspace. */
export async function isOwner(tx: Tx, { workspaceId, userId }: Scope): Promise<boolean> {
  const rows = await tx.execute(
    sql`SELECT 1 FROM memberships WHERE workspace_id = ${workspaceId} AND user_id = ${userId} AND role = 'owner'`,
    'objects',
  )
  return rows.length > 0
}

export async function projectExists(tx: Tx, { workspaceId }: Scope, projectId: string): Promise<boolean> {
  const rows = await tx.execute(
    sql`SELECT 1 FROM projects WHERE workspace_id = ${workspaceId} AND id = ${projectId}`,
    'objects',
  )
  return rows.length > 0
}

/** The row, its counters those of the day and month it was last used in; with `lock` nobody else changes it meanwhile. */
export async function findBudget(tx: Tx, scope: Scope, subject: Subject, lock = false): Promise<BudgetRow | undefined> {
  const query = tx.select().from(budgets).where(own(scope, subject))
  const [row] = await (lock ? query.for('update') : query)
  return row
}

/**
 * Stores the limits. The counters start from the ledger and from what is held for runs under way, also where the row was
 * there already.
 */
export async function storeBudget(tx: Tx, scope: Scope, subject: Subject, limits: Limits): Promise<BudgetRow> {
  const key = { workspaceId: scope.workspaceId, subjectId: subject ?? scope.workspaceId, projectId: subject }
  const [row] = await tx
    .insert(budgets)
    .values({ ...key, ...limits, day: today, month: thisMonth })
    .onConflictDoUpdate({ target: [budgets.workspaceId, budgets.subjectId], set: limits })
    .returning()
  if (!row) throw new Error('the insert returned no row')
  // Turns of this budget wait from here on until the commit, so nothing is missed and nothing counted twice.
  const counters = await countUsage(tx, scope, subject)
  const [counted] = await tx
    .update(budgets)
    .set({ ...counters, dayWarned: null, monthWarned: null })
    .where(own(scope, subject))
    .returning()
  return counted ?? row
}

export async function deleteBudget(tx: Tx, scope: Scope, subject: Subject): Promise<void> {
  await tx.delete(budgets).where(own(scope, subject))
}

/** What the ledger has of this day and month, with what is held for runs under way. */
export async function countUsage(tx: Tx, { workspaceId }: Scope, subject: Subject): Promise<Counters> {
  const ofSubject = subject === null ? sql`true` : sql`project_id = ${subject}`
  const [counted] = await tx.execute<{ counters: Counters } & Record<string, unknown>>(
    sql`SELECT json_build_object(
        'day', ${today}, 'dayTokens', coalesce(sum(u.tokens) FILTER (WHERE u.day = ${today}), 0),
        'dayCost', coalesce(sum(u.cost) FILTER (WHERE u.day = ${today}), 0),
        'month', ${thisMonth}, 'monthTokens', coalesce(sum(u.tokens), 0), 'monthCost', coalesce(sum(u.cost), 0)) AS counters
      FROM (
        SELECT day, coalesce(prompt_tokens, 0) + coalesce(completion_tokens, 0) AS tokens, cost
          FROM usage_events WHERE workspace_id = ${workspaceId} AND day >= ${thisMonth} AND ${ofSubject}
        UNION ALL
        SELECT day, tokens, cost FROM ${budgetReservations}
          WHERE workspace_id = ${workspaceId} AND day >= ${thisMonth} AND ${ofSubject}
      ) u`,
    'objects',
  )
  if (!counted) throw new Error('the sums returned no row')
  return counted.counters
}

/** Makes the budget of the instance what the settings say; without any limit there is none. */
export async function setInstanceBudget(db: Pick<Database, 'call'>, limits: BudgetLimits): Promise<void> {
  await db.call('set_instance_budget', 'SELECT set_instance_budget($1, $2, $3, $4)', [
    limits.tokens_per_day,
    limits.tokens_per_month,
    limits.cost_per_day,
    limits.cost_per_month,
  ])
}

function own({ workspaceId }: Scope, subject: Subject) {
  return and(eq(budgets.workspaceId, workspaceId), eq(budgets.subjectId, subject ?? workspaceId))
}
