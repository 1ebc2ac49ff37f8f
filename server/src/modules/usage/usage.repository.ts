import type { UsageGrouping, UsageSums } from '@chatbot-platform/contract'
import { sql } from 'drizzle-orm'
import type { Tx } from '../../platform/database/database.ts'
import type { Scope } from '../../platform/scope.ts'
import { type UsageEventRow, usageEvents } from './usage-events.table.ts'

/** What a run that has ended took; `id` is the answer's. Without `createdAt` the database says when. */
export type UsageEvent = Omit<UsageEventRow, 'workspaceId' | 'createdAt' | 'day' | 'kind'> &
  Partial<Pick<UsageEventRow, 'createdAt' | 'kind'>>

/** Adds a run to the ledger; one that is there already stays as it is. */
export async function recordUsage(tx: Tx, scope: Pick<Scope, 'workspaceId'>, event: UsageEvent): Promise<void> {
  await tx
    .insert(usageEvents)
    .values({ ...event, workspaceId: scope.workspaceId })
    .onConflictDoNothing()
}

interface UsageFilter {
  /** First and last day in UTC, both included. */
  from: string
  to: string
  projectId: string | undefined
  groupBy: UsageGrouping[]
  /** The most rows to return; the totals cover the rest too. */
  limit: number
}

/** The sums of all groups, and each group with its key: null for what was not grouped by. */
export interface SummedUsage extends Record<string, unknown> {
  totals: UsageSums
  groups: ({
    day: string | null
    project_id: string | null
    project_name: string | null
    provider: string | null
    model: string | null
  } & UsageSums)[]
}

/**
 * The ledger's sums, the groups in the order of their key. The database sums decimals, so no cent is lost on the way,
 * and gives JSON, so that its numbers arrive as numbers.
 */
export async function sumUsage(tx: Tx, scope: Scope, filter: UsageFilter): Promise<SummedUsage> {
  const key = (grouping: UsageGrouping, column: string, type: string) =>
    filter.groupBy.includes(grouping) ? sql.identifier(column) : sql.raw(`NULL::${type} AS ${column}`)
  const ofProject = filter.projectId === undefined ? sql`true` : sql`project_id = ${filter.projectId}`
  // First by project name too: a renamed project has several, and its group takes the latest.
  const [summed] = await tx.execute<SummedUsage>(
    sql`WITH named AS MATERIALIZED (
      SELECT ${key('day', 'day', 'date')}, ${key('project', 'project_id', 'uuid')},
             ${key('project', 'project_name', 'text')}, ${key('model', 'provider', 'text')}, ${key('model', 'model', 'text')},
             max(created_at) AS latest, count(*) FILTER (WHERE kind = 'turn') AS turns, sum(prompt_tokens) AS prompt_tokens,
             sum(completion_tokens) AS completion_tokens, sum(cost) AS cost,
             count(*) FILTER (WHERE cost IS NULL AND kind = 'turn') AS unpriced_turns,
             count(*) FILTER (WHERE estimated AND kind = 'turn') AS estimated_turns
        FROM usage_events
       WHERE workspace_id = ${scope.workspaceId} AND day BETWEEN ${filter.from} AND ${filter.to} AND ${ofProject}
       GROUP BY 1, 2, 3, 4, 5
    ), totals AS (
      SELECT ${sums} FROM named
    ), groups AS (
      SELECT day, project_id, (array_agg(project_name ORDER BY latest DESC))[1] AS project_name, provider, model, ${sums}
        FROM named GROUP BY day, project_id, provider, model
       ORDER BY day, project_id, provider, model LIMIT ${filter.limit}
    )
    SELECT (SELECT row_to_json(totals) FROM totals) AS totals,
           (SELECT coalesce(json_agg(groups), '[]') FROM groups) AS groups`,
    'objects',
  )
  if (!summed) throw new Error('the sums returned no row')
  return summed
}

const sums = sql`coalesce(sum(turns), 0) AS turns, coalesce(sum(prompt_tokens), 0) AS prompt_tokens,
  coalesce(sum(completion_tokens), 0) AS completion_tokens, CASE WHEN count(*) = 0 THEN 0 ELSE sum(cost) END AS cost,
  coalesce(sum(unpriced_turns), 0) AS unpriced_turns, coalesce(sum(estimated_turns), 0) AS estimated_turns`
