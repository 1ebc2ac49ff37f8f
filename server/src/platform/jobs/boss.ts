import { sql } from 'drizzle-orm'
import type { PgBoss, QueueResult } from 'pg-boss'
import { jobsSchema } from '../database/programmable.ts'
import type { Logger } from '../logger.ts'
import type { JobPool } from './job-pool.ts'
import type { EnqueueOptions, JobQueue } from './jobs.ts'

/** How closely the processes watch each other; all on one database should agree. */
export interface BossPace {
  /** A job whose process has not said for so long that it lives is given to another; 10 at least. */
  heartbeatSeconds: number
  /** How often that is looked after. */
  superviseSeconds: number
  /** How often a queue is looked at that nobody speaks of: for repetitions, and where notices do not get through. */
  pollSeconds: number
}

export const usualPace: BossPace = { heartbeatSeconds: 15, superviseSeconds: 10, pollSeconds: 5 }

const day = 86_400
/** The jobs that have died are kept for the operator, and waiting ones for workers that are away for long. */
const keptDeadSeconds = 30 * day
const keptWaitingSeconds = 365 * day
const longestPauseSeconds = 3600

/** pg-boss for `work`, or for sending only. It changes no structure: migrations make the schema. */
export async function startBoss(pool: JobPool, logger: Logger, work: { pace: BossPace } | null) {
  // Half a dozen libraries and 27 MB, so only where jobs are used.
  const { PgBoss: Boss } = await import('pg-boss')
  const boss = new Boss({
    db: pool,
    schema: jobsSchema,
    migrate: false,
    createSchema: false,
    supervise: work !== null,
    schedule: work !== null,
    useListenNotify: work !== null,
    superviseIntervalSeconds: work?.pace.superviseSeconds ?? 60,
    monitorIntervalSeconds: work?.pace.superviseSeconds ?? 60,
    // Nothing here depends on other jobs, which is what these passes are about.
    flowIntervalSeconds: day,
    cronWorkerIntervalSeconds: work?.pace.pollSeconds ?? 5,
    registerInstance: false,
    persistWarnings: false,
    persistQueueStats: false,
    monitorVacuum: false,
    reindex: false,
  })
  const tell = sparingly(logger)
  boss.on('error', (error) => tell(error))
  boss.on('warning', ({ data }) => {
    logger.warn({ reason: String((data as { type?: unknown }).type) }, 'the job queue has a warning')
  })
  await boss.start()
  return boss
}

/** While the database is away each poll of each queue fails in the same way; once a minute is enough. */
function sparingly(logger: Logger): (error: Error) => void {
  let quietUntilMs = 0
  return (error) => {
    if (performance.now() < quietUntilMs) return
    quietUntilMs = performance.now() + 60_000
    logger.warn({ err: error }, 'the job queue could not be worked; trying again')
  }
}

/** Makes the queue in the database what the constant says, and the one of its notices with it. */
export async function ensureQueue(boss: PgBoss, queue: JobQueue<object>, pace: BossPace): Promise<void> {
  const notices = noticesOf(queue)
  await ensureOne(boss, notices, pace)
  await ensureOne(boss, queue, pace, notices)
}

async function ensureOne(
  boss: PgBoss,
  queue: JobQueue<object>,
  pace: BossPace,
  notices?: JobQueue<object>,
): Promise<void> {
  const { name, retryLimit, retryDelaySeconds, expireInSeconds } = queue
  const wanted = {
    retryLimit,
    retryDelay: retryDelaySeconds,
    retryBackoff: true,
    retryDelayMax: longestPauseSeconds,
    expireInSeconds,
    retentionSeconds: keptWaitingSeconds,
    deleteAfterSeconds: keptDeadSeconds,
    heartbeatSeconds: pace.heartbeatSeconds,
    notify: true,
  }
  const found = await boss.getQueue(name)
  if (!found) {
    await boss.createQueue(name, { ...wanted, policy: 'short', ...(notices ? { deadLetter: notices.name } : {}) })
  } else if (Object.entries(wanted).some(([key, value]) => found[key as keyof QueueResult] !== value)) {
    await boss.updateQueue(name, wanted)
  }
}

/**
 * Where the deaths of a queue's jobs wait until `onDead` has heard of them: a handful a day, but they must get through. Of
 * its own, since a process of another release may not know the queue.
 */
export function noticesOf({ name }: JobQueue<object>): JobQueue<object> {
  return { name: `${name}.dead`, retryLimit: 20, retryDelaySeconds: 10, expireInSeconds: 60, concurrency: 1 }
}

/** Sends one job; its queue must be there. */
export async function sendJob(
  boss: PgBoss,
  queue: JobQueue<object>,
  payload: object,
  { tx, startAfterSeconds, singletonKey, priority }: EnqueueOptions,
): Promise<string | null> {
  const { fromDrizzle } = await import('pg-boss')
  return boss.send(queue.name, payload, {
    // Of one key one job may wait, and a job without a key is one of its own.
    singletonKey: singletonKey ?? crypto.randomUUID(),
    ...(startAfterSeconds === undefined ? {} : { startAfter: startAfterSeconds }),
    ...(priority === undefined ? {} : { priority }),
    ...(tx === undefined ? {} : { db: fromDrizzle(tx, sql) }),
  })
}
