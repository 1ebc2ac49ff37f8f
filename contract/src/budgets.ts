import { z } from 'zod'
import { Timestamp } from './common.ts'
import { endpoint } from './endpoint.ts'
import { ProjectParams } from './projects.ts'

const TokenLimit = z.int().min(0).max(1_000_000_000_000).nullable()
const CostLimit = z.number().min(0).max(1_000_000_000).nullable()

/** Tokens of prompts and answers together, and US dollars; `null` means without limit. Days and months are those of UTC. */
export const BudgetLimits = z.object({
  tokens_per_day: TokenLimit,
  tokens_per_month: TokenLimit,
  cost_per_day: CostLimit,
  cost_per_month: CostLimit,
})
export type BudgetLimits = z.infer<typeof BudgetLimits>

/** Absent limits stay as they are; `null` lifts one. */
export const BudgetPatch = BudgetLimits.partial()
export type BudgetPatch = z.infer<typeof BudgetPatch>

/** What a day or a month has seen so far: what answers used, and what is held for those under way. */
export const BudgetPeriod = z.object({
  tokens: z.int(),
  cost: z.number(),
  resets_at: Timestamp,
})
export type BudgetPeriod = z.infer<typeof BudgetPeriod>

/** `warning` from 80 % of a limit on, `exhausted` once one is used up. */
export const BudgetState = z.enum(['ok', 'warning', 'exhausted'])
export type BudgetState = z.infer<typeof BudgetState>

export const Budget = z.object({ ...BudgetLimits.shape, day: BudgetPeriod, month: BudgetPeriod, state: BudgetState })
export type Budget = z.infer<typeof Budget>

export const budgets = {
  workspace: endpoint({
    method: 'GET',
    path: '/workspace/budget',
    access: 'user',
    status: 200,
    tag: 'Budgets',
    summary: 'What the workspace may use, and what it has used',
    response: Budget,
  }),
  setWorkspace: endpoint({
    method: 'PATCH',
    path: '/workspace/budget',
    access: 'user',
    status: 200,
    tag: 'Budgets',
    summary: 'Limit what the workspace may use',
    body: BudgetPatch,
    response: Budget,
  }),
  project: endpoint({
    method: 'GET',
    path: '/projects/{project_id}/budget',
    access: 'user',
    status: 200,
    tag: 'Budgets',
    summary: 'What a project may use, and what it has used',
    params: ProjectParams,
    response: Budget,
  }),
  setProject: endpoint({
    method: 'PATCH',
    path: '/projects/{project_id}/budget',
    access: 'user',
    status: 200,
    tag: 'Budgets',
    summary: 'Limit what a project may use',
    params: ProjectParams,
    body: BudgetPatch,
    response: Budget,
  }),
} as const
