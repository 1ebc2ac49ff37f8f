import type pg from 'pg'
import { jobsSchema } from '../database/programmable.ts'
import type { JobDepth } from './jobs.ts'

/** What each queue holds that was ever used, by name; those of the machinery itself are left out. */
export async function readDepths(db: Pick<pg.Pool, 'query'>): Promise<JobDepth[]> {
  const { rows } = await db.query<JobDepth>(
    `SELECT q.name AS queue,
            count(*) FILTER (WHERE j.state IN ('created', 'retry'))::int AS waiting,
            count(*) FILTER (WHERE j.state = 'active')::int AS active,
            count(*) FILTER (WHERE j.state = 'failed')::int AS dead,
            coalesce(extract(epoch FROM now() - min(j.start_after) FILTER (
              WHERE j.state IN ('created', 'retry') AND j.start_after <= now())), 0)::float8 AS "oldestWaitingSeconds"
       FROM ${jobsSchema}.queue q
       LEFT JOIN ${jobsSchema}.job j ON j.name = q.name AND j.state IN ('created', 'retry', 'active', 'failed')
      WHERE q.dead_letter IS NOT NULL
      GROUP BY q.name ORDER BY q.name`,
  )
  return rows
}
