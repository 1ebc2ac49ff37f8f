import type { Tx } from '../database/database.ts'

/**
 * A kind of work and how it is treated. `Payload` holds ids and small settings, never content: the jobs of all tenants
 * share one table.
 */
export interface JobQueue<Payload extends object> {
  /** Stored with each job: letters, digits and `_ . -`; a name never gets another meaning. */
  readonly name: string
  /** How often a failed job is tried again; 0 for a single attempt. */
  readonly retryLimit: number
  /** Least pause before the first repetition; doubles with each, with some chance in it, up to an hour. */
  readonly retryDelaySeconds: number
  /** So long may one attempt take, a day at most. */
  readonly expireInSeconds: number
  /** So many jobs a process works at once. */
  readonly concurrency: number
  /** For the type alone. */
  readonly payload?: Payload
}

/** Unless told: 3 repetitions, the first after 5 s; 15 minutes an attempt; one job at once in each process. */
export type JobQueueOptions = Pick<JobQueue<object>, 'name'> & Partial<Omit<JobQueue<object>, 'name' | 'payload'>>

/** A queue as a constant, e.g. `jobQueue<{ fileId: string }>({ name: 'ingestion' })`. */
export function jobQueue<Payload extends object>(options: JobQueueOptions): JobQueue<Payload> {
  return { retryLimit: 3, retryDelaySeconds: 5, expireInSeconds: 900, concurrency: 1, ...options }
}

/** What a queue holds; `dead` are jobs whose last attempt failed, `oldestWaitingSeconds` is of those that could run now. */
export interface JobDepth {
  queue: string
  waiting: number
  active: number
  dead: number
  oldestWaitingSeconds: number
}

/** What a handler knows of the attempt beside the payload. */
export interface JobContext {
  id: string
  /** From 1. An attempt that a leaving process gave back counts here, but costs none of the repetitions. */
  attempt: number
  isLastAttempt: boolean
  /** Aborted when the process leaves, the attempt expires, or the job has been given to somebody else. */
  signal: AbortSignal
}

export interface EnqueueOptions {
  /** The job exists only if this transaction commits. */
  tx?: Tx
  startAfterSeconds?: number
  /** At most one job of this key waits; one that is at work, or waits for its repetition, does not count. */
  singletonKey?: string
  /** Higher goes first; 0 unless told. */
  priority?: number
}

export interface WorkOptions<Payload> {
  /** Told once the last attempt has failed, also where the process died in it; repeated until it succeeds. */
  onDead?: (payload: Payload, error: string) => Promise<void>
}

/**
 * Work apart from requests, on pg-boss. A job is worked at least once: whoever works one must bear doing it twice, as a
 * process may die after the work and before it could say so.
 */
export interface Jobs {
  /** Returns the job's id, or null when one of that singleton key was waiting already. */
  enqueue<P extends object>(queue: JobQueue<P>, payload: P, options?: EnqueueOptions): Promise<string | null>
  /**
   * Registers the handler; jobs are taken once `open({ work: true })` was called. A throw repeats the job after a pause;
   * after the last attempt it lies with the dead letters and `onDead` is told.
   */
  work<P extends object>(
    queue: JobQueue<P>,
    handler: (payload: P, context: JobContext) => Promise<void>,
    options?: WorkOptions<P>,
  ): void
  /** Enqueues an empty payload at the times of this cron expression (UTC); once for all that were missed. */
  schedule(queue: JobQueue<Record<string, never>>, cron: string): void
  /** For metrics and commands: what each queue holds. */
  depths(): Promise<JobDepth[]>
  /** With `work`, begins to take jobs. Resolves once that works, trying again while the database is away. */
  open(options: { work: boolean }): Promise<void>
  /** Takes no more jobs, lets those at work finish for `graceMs`, and gives the rest back to be worked elsewhere. */
  close(graceMs: number): Promise<void>
}
