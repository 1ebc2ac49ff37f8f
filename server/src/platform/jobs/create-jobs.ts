import { setTimeout as sleep } from 'node:timers/promises'
import type { PgBoss } from 'pg-boss'
import type { Database } from '../database/database.ts'
import { createNotifications, type Notifications } from '../database/notifications.ts'
import type { Logger } from '../logger.ts'
import { type BossPace, ensureQueue, sendJob, startBoss, usualPace } from './boss.ts'
import { readDepths } from './job-depths.ts'
import type { JobObserver } from './job-observer.ts'
import { openJobPool, wakeChannel } from './job-pool.ts'
import { JobRunner, type QueueHandler } from './job-runner.ts'
import type { JobQueue, Jobs } from './jobs.ts'

export interface JobsOptions {
  /** For reading. */
  db: Pick<Database, 'pool'>
  /** The runtime login; jobs have a pool of two connections of their own. */
  databaseUrl: string
  logger: Logger
  /** Where new jobs are heard of; whoever gives it opens it. A connection of its own unless given. */
  notices?: Notifications
  observer?: JobObserver | undefined
  pace?: BossPace
}

const retryOpenMs = 2000

/** Opens nothing until the first call that needs it; `close` may be called twice. */
export function createJobs({ db, databaseUrl, logger, observer, pace = usualPace, ...given }: JobsOptions): Jobs {
  const handlers = new Map<string, QueueHandler>()
  const schedules = new Map<string, string>()
  const ensured = new Map<string, Promise<void>>()
  const taken = new Set<string>()
  const pool = openJobPool(databaseUrl, logger)
  const notices = given.notices ?? createNotifications(databaseUrl, logger)
  notices.listen(wakeChannel, (queue) => pool.wake(queue))
  const closing = new AbortController()
  let sender: Promise<PgBoss> | undefined
  let worker: Worker | undefined
  let isWanted = false
  let opening: Promise<void> = Promise.resolve()
  let closed: Promise<void> | undefined

  return {
    async enqueue(queue, payload, options = {}) {
      await ensure(queue)
      return sendJob(await sending(), queue, payload, options)
    },
    work(queue, handle, { onDead } = {}) {
      if (handlers.has(queue.name)) throw new Error(`The queue ${queue.name} has a handler already.`)
      handlers.set(queue.name, { queue, handle, onDead } as QueueHandler)
      if (isWanted) opening = opening.then(openPatiently)
    },
    schedule: (queue, cron) => void schedules.set(queue.name, cron),
    depths: () => readDepths(db.pool),
    open({ work }) {
      isWanted ||= work
      if (isWanted) opening = opening.then(openPatiently)
      return opening
    },
    close(graceMs) {
      closed ??= close(graceMs)
      return closed
    },
  }

  async function close(graceMs: number): Promise<void> {
    closing.abort()
    await opening
    await worker?.runner.close(graceMs)
    await worker?.boss.stop({ graceful: false })
    const sent = await sender?.catch(() => undefined)
    await sent?.stop({ graceful: false })
    if (!given.notices) await notices.close()
    await pool.close()
  }

  function sending(): Promise<PgBoss> {
    if (closing.signal.aborted && !sender) throw new Error('The job queue is closed.')
    sender ??= startBoss(pool, logger, null).catch((error: unknown) => {
      sender = undefined
      throw error
    })
    return sender
  }

  /** Once a process: a queue lives in the database, where anybody may put jobs into it. */
  function ensure(queue: JobQueue<object>): Promise<void> {
    const known = ensured.get(queue.name)
    if (known) return known
    const made = sending()
      .then((boss) => ensureQueue(boss, queue, pace))
      .catch((error: unknown) => {
        ensured.delete(queue.name)
        throw error
      })
    ensured.set(queue.name, made)
    return made
  }

  /** Until every handler gets its jobs. */
  async function openPatiently(): Promise<void> {
    while (!closing.signal.aborted && taken.size < handlers.size) {
      try {
        worker ??= await startWorker()
        for (const handler of handlers.values()) await take(worker, handler)
      } catch (error) {
        logger.warn({ err: error }, 'the job queue could not be opened; trying again')
        await sleep(retryOpenMs, undefined, { signal: closing.signal }).catch(() => undefined)
      }
    }
  }

  async function startWorker(): Promise<Worker> {
    const boss = await startBoss(pool, logger, { pace })
    if (!given.notices) notices.open()
    return { boss, runner: new JobRunner({ boss, pool, pace, logger, observer }) }
  }

  async function take({ boss, runner }: Worker, handler: QueueHandler): Promise<void> {
    const { queue } = handler
    if (taken.has(queue.name)) return
    await ensure(queue)
    const cron = schedules.get(queue.name)
    if (cron !== undefined) await boss.schedule(queue.name, cron, {}, { tz: 'UTC', missed: 'once' })
    await runner.take(handler)
    taken.add(queue.name)
  }
}

interface Worker {
  boss: PgBoss
  runner: JobRunner
}
