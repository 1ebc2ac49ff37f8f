import {
  maxUsageRows,
  type UsageGrouping,
  type UsageQuery,
  type UsageReport,
  type UsageRow,
  usageRange,
} from '@chatbot-platform/contract'
import type { Database } from '../../platform/database/database.ts'
import { invalid } from '../../platform/errors.ts'
import type { Scope } from '../../platform/scope.ts'
import { type SummedUsage, sumUsage } from './usage.repository.ts'

interface Deps {
  db: Database
  /** Milliseconds since 1970; says which day is today. */
  now?: () => number
}

export type UsageService = ReturnType<typeof createUsageService>

const dayMs = 86_400_000

/** What a workspace's turns took, from the ledger. */
export function createUsageService({ db, now = Date.now }: Deps) {
  return {
    /** Throws 422 for a range that ends before it begins, is too long, or makes too many rows. */
    async get(scope: Scope, query: UsageQuery): Promise<UsageReport> {
      const { from, to } = rangeOf(query, now())
      const groupBy = query.group_by
      const filter = { from, to, groupBy, projectId: query.project_id, limit: maxUsageRows + 1 }
      const { totals, groups } = await db.read(scope, (tx) => sumUsage(tx, scope, filter))
      if (groups.length > maxUsageRows) {
        throw invalid(
          ['query', 'from'],
          `This makes more than ${maxUsageRows} rows. Ask for fewer days, or group by less.`,
        )
      }
      return { from, to, group_by: groupBy, totals, rows: groups.map((group) => toRow(group, groupBy)) }
    },
  }
}

function rangeOf(query: UsageQuery, nowMs: number): { from: string; to: string } {
  const to = query.to ?? dayOf(nowMs)
  const from = query.from ?? dayOf(Date.parse(to) - (usageRange.defaultDays - 1) * dayMs)
  const days = (Date.parse(to) - Date.parse(from)) / dayMs + 1
  if (days < 1) throw invalid(['query', 'from'], `The range begins on ${from}, after its end on ${to}.`)
  if (days > usageRange.maxDays) {
    throw invalid(['query', 'from'], `The range has ${days} days; it may have ${usageRange.maxDays}.`)
  }
  return { from, to }
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10)
}

/** Leaves out the parts of the key that nobody asked for. */
function toRow(group: SummedUsage['groups'][number], groupBy: UsageGrouping[]): UsageRow {
  const { day, project_id, project_name, provider, model, ...sums } = group
  return {
    ...(day !== null ? { day } : {}),
    ...(project_id !== null && project_name !== null ? { project_id, project_name } : {}),
    ...(groupBy.includes('model') ? { provider, model } : {}),
    ...sums,
  }
}
