import type pg from 'pg'
import { jobsSchema } from '../database/programmable.ts'
import { wakeChannel } from './job-pool.ts'

type Queryable = Pick<pg.Pool, 'query'>

/** A job whose last attempt has failed. */
export interface DeadJob {
  id: string
  queue: string
  /** What it was about: ids. */
  payload: object
  attempts: number
  diedAt: Date
  error: string
}

/** The newest dead jobs, of one queue or of all; `limit` at most. */
export async function listDead(db: Queryable, queue: string | undefined, limit: number): Promise<DeadJob[]> {
  const { rows } = await db.query<DeadJob>(
    `SELECT id, name AS queue, data AS payload, retry_count + 1 AS attempts, completed_on AS "diedAt",
            coalesce(output ->> 'message', output #>> '{value,message}', 'unknown error') AS error
       FROM ${jobsSchema}.job WHERE state = 'failed' AND ($1::text IS NULL OR name = $1)
      ORDER BY completed_on DESC LIMIT $2`,
    [queue ?? null, limit],
  )
  return rows
}

/** Has the dead jobs of a queue worked again, with all their repetitions; one of them where `id` is given. Returns how many. */
export async function retryDead(db: Queryable, queue: string, id?: string): Promise<number> {
  const { rowCount } = await db.query(
    `WITH again AS (
       UPDATE ${jobsSchema}.job j
          SET state = 'retry', retry_limit = j.retry_count + 1 + q.retry_limit, start_after = now(), completed_on = NULL
         FROM ${jobsSchema}.queue q
        WHERE q.name = j.name AND j.name = $1 AND j.state = 'failed' AND ($2::uuid IS NULL OR j.id = $2)
        RETURNING j.name)
     SELECT pg_notify($3, name) FROM again`,
    [queue, id ?? null, wakeChannel],
  )
  return rowCount ?? 0
}

/** Drops the dead jobs of a queue, or one of them. Returns how many. */
export async function forgetDead(db: Queryable, queue: string, id?: string): Promise<number> {
  const { rowCount } = await db.query(
    `DELETE FROM ${jobsSchema}.job WHERE name = $1 AND state = 'failed' AND ($2::uuid IS NULL OR id = $2)`,
    [queue, id ?? null],
  )
  return rowCount ?? 0
}
