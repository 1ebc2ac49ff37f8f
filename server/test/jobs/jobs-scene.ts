import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { type Database, openDatabase } from '../../src/platform/database/database.ts'
import { createJobs, type JobsOptions } from '../../src/platform/jobs/create-jobs.ts'
import type { Jobs } from '../../src/platform/jobs/jobs.ts'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'

export const logger = pino({ level: 'silent' })

/** A database of its own, with as many "processes" on it as a test opens. */
export interface JobsScene {
  database: TestDatabase
  db: Database
  /** Another user of the queues; not opened. */
  process(options?: Partial<JobsOptions>): Jobs
  close(): Promise<void>
}

export async function openJobsScene(): Promise<JobsScene> {
  const database = await createTestDatabase()
  const db = openDatabase({ url: database.runtimeUrl, poolSize: 4, logger })
  const opened: Jobs[] = []
  return {
    database,
    db,
    process: (options = {}) => {
      const pace = { heartbeatSeconds: 10, superviseSeconds: 1, pollSeconds: 1 }
      const jobs = createJobs({ db, databaseUrl: database.runtimeUrl, logger, pace, ...options })
      opened.push(jobs)
      return jobs
    },
    close: async () => {
      await Promise.all(opened.map((jobs) => jobs.close(0)))
      await db.close()
      await database.drop()
    },
  }
}

/** Resolves once `check` holds; throws after `withinMs`. */
export async function until(check: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`It did not come true within ${withinMs} ms.`)
    await sleep(20)
  }
}
