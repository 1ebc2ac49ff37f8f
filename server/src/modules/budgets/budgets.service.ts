import type { Budget, BudgetLimits, BudgetPatch, BudgetState } from '@chatbot-platform/contract'
import type { Database } from '../../platform/database/database.ts'
import { AppError, notFound } from '../../platform/errors.ts'
import type { Scope } from '../../platform/scope.ts'
import { warningShare } from './budget.functions.ts'
import {
  type Counters,
  countUsage,
  deleteBudget,
  findBudget,
  isOwner,
  type Limits,
  projectExists,
  type Subject,
  setInstanceBudget,
  storeBudget,
} from './budgets.repository.ts'

interface Deps {
  db: Database
  /** The budget of the instance, from its settings. */
  instance: BudgetLimits
  /** Milliseconds since 1970; says which day is today. */
  now?: () => number
}

export type BudgetsService = ReturnType<typeof createBudgetsService>

const noLimits: Limits = { tokensPerDay: null, tokensPerMonth: null, costPerDay: null, costPerMonth: null }

/** What a workspace and its projects may use. Turns are held against it where they begin (`reserve_budgets`). */
export function createBudgetsService({ db, instance, now = Date.now }: Deps) {
  return {
    /** The workspace's budget, or a project's; throws 404 for a project that is not this tenant's. */
    get(scope: Scope, subject: Subject): Promise<Budget> {
      return db.tenant(scope, async (tx) => {
        if (subject !== null && !(await projectExists(tx, scope, subject))) throw notFound('project')
        const row = await findBudget(tx, scope, subject)
        return toBudget(row ?? noLimits, row ?? (await countUsage(tx, scope, subject)), now())
      })
    },

    /** The same, changed. Throws 403 `forbidden` for anybody but the workspace's owner. */
    set(scope: Scope, subject: Subject, patch: BudgetPatch): Promise<Budget> {
      return db.tenant(scope, async (tx) => {
        if (subject !== null && !(await projectExists(tx, scope, subject))) throw notFound('project')
        if (!(await isOwner(tx, scope))) {
          throw new AppError('forbidden', 'Only the owner of the workspace sets its budgets.')
        }
        const limits = patched((await findBudget(tx, scope, subject, true)) ?? noLimits, patch)
        if (Object.values(limits).some((limit) => limit !== null)) {
          return toBudget(limits, await storeBudget(tx, scope, subject, limits), now())
        }
        await deleteBudget(tx, scope, subject)
        return toBudget(limits, await countUsage(tx, scope, subject), now())
      })
    },

    /** Makes the budget of the instance known to all processes. */
    open(): Promise<void> {
      return setInstanceBudget(db, instance)
    },
  }
}

function patched(limits: Limits, patch: BudgetPatch): Limits {
  const { tokens_per_day, tokens_per_month, cost_per_day, cost_per_month } = patch
  return {
    tokensPerDay: tokens_per_day === undefined ? limits.tokensPerDay : tokens_per_day,
    tokensPerMonth: tokens_per_month === undefined ? limits.tokensPerMonth : tokens_per_month,
    costPerDay: cost_per_day === undefined ? limits.costPerDay : cost_per_day,
    costPerMonth: cost_per_month === undefined ? limits.costPerMonth : cost_per_month,
  }
}

/** Counters of a day or month that is over count as 0: they are moved on by the next turn only. */
function toBudget(limits: Limits, counters: Counters, nowMs: number): Budget {
  const day = new Date(nowMs).toISOString().slice(0, 10)
  const isToday = counters.day === day
  const isThisMonth = counters.month.slice(0, 7) === day.slice(0, 7)
  const used = {
    tokensPerDay: isToday ? counters.dayTokens : 0,
    costPerDay: isToday ? counters.dayCost : 0,
    tokensPerMonth: isThisMonth ? counters.monthTokens : 0,
    costPerMonth: isThisMonth ? counters.monthCost : 0,
  }
  const now = new Date(nowMs)
  const [year, month, date] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()]
  return {
    tokens_per_day: limits.tokensPerDay,
    tokens_per_month: limits.tokensPerMonth,
    cost_per_day: limits.costPerDay,
    cost_per_month: limits.costPerMonth,
    day: { tokens: used.tokensPerDay, cost: used.costPerDay, resets_at: isoTime(Date.UTC(year, month, date + 1)) },
    month: { tokens: used.tokensPerMonth, cost: used.costPerMonth, resets_at: isoTime(Date.UTC(year, month + 1)) },
    state: stateOf(limits, used),
  }
}

function stateOf(limits: Limits, used: Record<keyof Limits, number>): BudgetState {
  const shares = (Object.keys(used) as (keyof Limits)[]).map((name) => {
    const limit = limits[name]
    if (limit === null) return 0
    return limit === 0 ? 1 : used[name] / limit
  })
  const highest = Math.max(...shares)
  if (highest >= 1) return 'exhausted'
  return highest >= warningShare ? 'warning' : 'ok'
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
