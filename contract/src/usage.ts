import { z } from 'zod'
import { Id } from './common.ts'
import { endpoint } from './endpoint.ts'

/** How many days one question about usage may cover, and how many it covers unless the caller says. */
export const usageRange = { maxDays: 366, defaultDays: 30 } as const

/** How many rows one answer about usage may have. */
export const maxUsageRows = 10_000

/** A calendar day in UTC, e.g. `2026-01-31`. */
export const Day = z.iso.date().refine((day) => day >= '2000-01-01', { error: 'Must be 2000-01-01 or later' })

export const UsageGrouping = z.enum(['day', 'project', 'model'])
export type UsageGrouping = z.infer<typeof UsageGrouping>

/** Which turns to count. Both days are included; `to` is today unless given, `from` 29 days before `to`. */
export const UsageQuery = z.object({
  from: Day.optional(),
  to: Day.optional(),
  /** One or more of `day`, `project` and `model`, separated by commas. */
  group_by: z
    .string()
    .regex(/^(day|project|model)(,(day|project|model)){0,5}$/, {
      error: 'Must be a list, separated by commas, of day, project and model',
    })
    .default('day')
    .transform((list) => [...new Set(list.split(','))])
    .pipe(z.array(UsageGrouping)),
  /** Only this project's, deleted or not. */
  project_id: Id.optional(),
})
export type UsageQuery = z.output<typeof UsageQuery>

/**
 * What a number of turns took. Tokens are those the vendors reported or, in `estimated_turns`, the server estimated.
 * `cost` is in US dollars by the vendors' list prices, without the `unpriced_turns`, whose price is not known; it is
 * `null` where there are turns and all are unpriced.
 */
export const UsageSums = z.object({
  turns: z.int(),
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  cost: z.number().nullable(),
  unpriced_turns: z.int(),
  estimated_turns: z.int(),
})
export type UsageSums = z.infer<typeof UsageSums>

/**
 * One group. Of the first five fields those are present that `group_by` asked for; `provider` and `model` are `null`
 * for turns that ended before a model was asked. `project_name` is the latest that the turns knew.
 */
export const UsageRow = z.object({
  day: z.iso.date().optional(),
  project_id: Id.optional(),
  project_name: z.string().optional(),
  provider: z.string().nullable().optional(),
  model: z.string().nullable().optional(),
  ...UsageSums.shape,
})
export type UsageRow = z.infer<typeof UsageRow>

/** The rows are ordered by day, project, provider and model. */
export const UsageReport = z.object({
  from: z.iso.date(),
  to: z.iso.date(),
  group_by: z.array(UsageGrouping),
  totals: UsageSums,
  rows: z.array(UsageRow),
})
export type UsageReport = z.infer<typeof UsageReport>

export const usage = {
  get: endpoint({
    method: 'GET',
    path: '/usage',
    access: 'user',
    status: 200,
    tag: 'Usage',
    summary: 'Turns, tokens and cost by day, project and model; deleted sessions and projects stay counted',
    query: UsageQuery,
    response: UsageReport,
  }),
} as const
