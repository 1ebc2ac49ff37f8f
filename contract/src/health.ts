import { z } from 'zod'
import { endpoint } from './endpoint.ts'

export const Liveness = z.object({ status: z.literal('live') })

/** 200 when every part is `ok`, else 503 with the same body. */
export const Readiness = z.object({
  status: z.enum(['ready', 'not_ready']),
  checks: z.object({ database: z.enum(['ok', 'failed']), migrations: z.enum(['ok', 'pending', 'unknown']) }),
})
export type Readiness = z.infer<typeof Readiness>

/** Always 200: the process answers. `degraded` when one of its parts does not do what it should. */
export const Health = z.object({
  status: z.enum(['healthy', 'degraded']),
  checks: Readiness.shape.checks.extend({
    /** Where one is set: `away` when it does not answer or lags; the primary answers in its place, and nobody notices. */
    replica: z.enum(['ok', 'away']).optional(),
    /** `behind`: new messages have not been found for a minute. */
    search: z.enum(['ok', 'behind']),
    /** Of the data directory. */
    disk: z.enum(['ok', 'low', 'unknown']),
    /** Whether documents can be stored. */
    files: z.enum(['ok', 'failed', 'unknown']),
    /** Where one is set: `degraded` means that PostgreSQL does its work meanwhile, and nobody notices. */
    redis: z.enum(['ok', 'degraded']).optional(),
    /** Each provider that was called lately: `open` gets no calls for a while, `half_open` is tried again. */
    providers: z.object({}).catchall(z.enum(['closed', 'half_open', 'open'])),
  }),
})
export type Health = z.infer<typeof Health>

export const health = {
  health: endpoint({
    method: 'GET',
    path: '/health',
    access: 'public',
    status: 200,
    tag: 'Health',
    summary: 'The process answers, and how its parts do',
    response: Health,
  }),
  live: endpoint({
    method: 'GET',
    path: '/health/live',
    access: 'public',
    status: 200,
    tag: 'Health',
    summary: 'Liveness: touches nothing outside the process',
    response: Liveness,
  }),
  ready: endpoint({
    method: 'GET',
    path: '/health/ready',
    access: 'public',
    status: 200,
    tag: 'Health',
    summary: 'Readiness: the database answers and is migrated',
    response: Readiness,
  }),
} as const
