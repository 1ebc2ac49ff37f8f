/** What the main process tells a worker. */
export type ToWorker<Briefing> =
  | { type: 'start'; briefing: Briefing }
  /** Workers with these ids have ended without being asked to. */
  | { type: 'gone'; ids: string[] }
  | { type: 'stop'; graceMs: number; drainMs: number }

/** What a worker tells the main process. */
export type FromWorker<Report> =
  | { type: 'ready'; report: Report }
  | { type: 'failed'; message: string }
  /** Now and then, as long as its event loop turns. */
  | { type: 'alive' }

/** How often a worker says so. */
export const aliveIntervalMs = 2000
