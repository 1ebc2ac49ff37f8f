/**
 * How an attempt ended: `done`, `failed` (another may follow), `given_back` by a process that left, or `lost`, when the
 * job had been given to somebody else meanwhile.
 */
export type JobOutcome = 'done' | 'failed' | 'given_back' | 'lost'

/** Watches jobs. Neither may throw. */
export interface JobObserver {
  ended(queue: string, outcome: JobOutcome, seconds: number): void
  /** A job's last attempt has failed. */
  died(queue: string, error: string): void
}
