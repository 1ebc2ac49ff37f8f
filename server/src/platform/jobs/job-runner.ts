import { setTimeout as sleep } from 'node:timers/promises'
import type { JobWithMetadata, PgBoss } from 'pg-boss'
import { jobsSchema } from '../database/programmable.ts'
import type { Logger } from '../logger.ts'
import { describeError } from '../telemetry/describe-error.ts'
import { type BossPace, noticesOf } from './boss.ts'
import type { JobObserver, JobOutcome } from './job-observer.ts'
import { type JobPool, wakeChannel } from './job-pool.ts'
import type { JobContext, JobQueue } from './jobs.ts'

/** A queue with what is done about its jobs; payloads are what was enqueued, as the queue's type says. */
export interface QueueHandler {
  queue: JobQueue<object>
  handle(payload: object, context: JobContext): Promise<void>
  onDead?: ((payload: object, error: string) => Promise<void>) | undefined
}

interface RunnerOptions {
  boss: PgBoss
  pool: JobPool
  pace: BossPace
  logger: Logger
  observer: JobObserver | undefined
}

/** How long handlers that were told to stop get to do so. */
const settleMs = 1000
const silentPollSeconds = 2

/** Takes jobs and has them handled, until it is closed. */
export class JobRunner {
  private readonly options: RunnerOptions
  private readonly leaving = new AbortController()
  private readonly running = new Map<string, JobWithMetadata>()
  private readonly queues = new Set<string>()

  constructor(options: RunnerOptions) {
    this.options = options
  }

  async take({ queue, handle, onDead }: QueueHandler): Promise<void> {
    const { observer } = this.options
    await this.poll(queue, (job) =>
      this.attempt(
        job,
        (context) => handle(job.data, context),
        (outcome, seconds) => observer?.ended(queue.name, outcome, seconds),
      ),
    )
    await this.poll(noticesOf(queue), (job) =>
      this.attempt(job, async () => {
        const error = messageIn(job.sourceOutput)
        await onDead?.(job.data, error)
        observer?.died(queue.name, error)
      }),
    )
  }

  /** Lets what is at work finish for `graceMs`, then aborts it and gives it back. */
  async close(graceMs: number): Promise<void> {
    const { boss } = this.options
    const idle = Promise.all([...this.queues].map((name) => boss.offWork(name)))
    await within(idle, graceMs)
    this.leaving.abort(new Error('The process leaves.'))
    await within(idle, settleMs)
    await Promise.all([...this.running.values()].map((job) => this.giveBack(job)))
  }

  private async poll(queue: JobQueue<object>, work: (job: JobWithMetadata) => Promise<void>): Promise<void> {
    const { boss, pace } = this.options
    this.queues.add(queue.name)
    const options = {
      includeMetadata: true,
      localConcurrency: queue.concurrency,
      pollingIntervalSeconds: Math.min(silentPollSeconds, pace.pollSeconds),
      notifyPollingIntervalSeconds: pace.pollSeconds,
    } as const
    await boss.work<object, void, typeof options>(queue.name, options, async ([job]) => {
      if (job) await work(job)
    })
  }

  private async attempt(
    job: JobWithMetadata,
    work: (context: JobContext) => Promise<void>,
    ended: (outcome: JobOutcome, seconds: number) => void = () => undefined,
  ): Promise<void> {
    const { boss, pool, logger } = this.options
    const { id, name, retryCount, retryLimit } = job
    const began = performance.now()
    const end = (outcome: JobOutcome) => ended(outcome, (performance.now() - began) / 1000)
    this.running.set(id, job)
    try {
      const signal = AbortSignal.any([job.signal, this.leaving.signal])
      await work({ id, attempt: retryCount + 1, isLastAttempt: retryCount >= retryLimit, signal })
      // What is done need not be kept. Fenced: only while the job is this attempt's.
      const done: { affected?: number } = await boss.deleteJob(name, { id, retryCount })
      end(done.affected === 1 ? 'done' : 'lost')
    } catch (error) {
      if (this.leaving.signal.aborted) {
        await this.giveBack(job)
        return end('given_back')
      }
      end('failed')
      logger.warn({ err: error, job: name, attempt: retryCount + 1 }, 'an attempt at a job failed')
      throw new Error(textOf(error))
    } finally {
      this.running.delete(id)
      // Where one job was there may be more, and a poller that has worked one would rest first.
      pool.wake(name)
    }
  }

  /**
   * Lets somebody else work it at once. Attempts are told apart by their number, so it goes up, and the limit with it:
   * this one is not held against the job.
   */
  private async giveBack({ id, name, retryCount }: JobWithMetadata): Promise<void> {
    await this.options.pool
      .executeSql(
        `WITH given AS (
           UPDATE ${jobsSchema}.job SET state = 'retry', retry_limit = retry_limit + 1, start_after = now(), heartbeat_on = NULL
            WHERE name = $1 AND id = $2 AND state = 'active' AND retry_count = $3 RETURNING name)
         SELECT pg_notify($4, name) FROM given`,
        [name, id, retryCount, wakeChannel],
      )
      // It is found missing, then, a little later.
      .catch((error: unknown) => this.options.logger.warn({ err: error, job: name }, 'a job could not be given back'))
  }
}

/** What is kept of an error in the job: whose data it was about must not show. */
function textOf(error: unknown): string {
  const described = describeError(error)
  if (!described) return 'unknown error'
  const { message, code } = described.message === 'a query failed' ? (described.cause ?? described) : described
  return code === undefined || message.includes(String(code)) ? message : `${message} (${code})`
}

/** pg-boss stores an error as an object, its own words as `{ value: { message } }`. */
function messageIn(output: object | null): string {
  const { message, value } = (output ?? {}) as { message?: unknown; value?: unknown }
  if (typeof message === 'string') return message
  if (typeof value === 'string') return value
  return typeof value === 'object' ? messageIn(value) : 'unknown error'
}

function within(work: Promise<unknown>, ms: number): Promise<unknown> {
  return Promise.race([work, sleep(ms, undefined, { ref: false })])
}
