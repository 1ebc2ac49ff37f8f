import { z } from 'zod'
import { endpoint } from './endpoint.ts'

export const Health = z.object({ status: z.literal('healthy') })

export const Liveness = z.object({ status: z.literal('live') })

/** 200 when every part is `ok`, else 503 with the same body. */
export const Readiness = z.object({
  status: z.enum(['ready', 'not_ready']),
  checks: z.object({ database: z.enum(['ok', 'failed']), migrations: z.enum(['ok', 'pending', 'unknown']) }),
})
export type Readiness = z.infer<typeof Readiness>

export const health = {
  health: endpoint({
    method: 'GET',
    path: '/health',
    access: 'public',
    status: 200,
    tag: 'Health',
    summary: 'The process answers',
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
