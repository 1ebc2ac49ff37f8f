import type { Logger } from '../../platform/logger.ts'
import type { Run } from './run.ts'
import type { RunProgress, TurnRepository } from './turn.repository.ts'

const tickMs = 200
const storeIntervalMs = 1000
const leaseRenewalMs = 5000
const watchedForMs = 10_000
/** Storing rests three times as long as it took: however many runs there are, it has at most a quarter of its lane. */
const restShare = 3
/** Far less than a lease. */
const longestRestMs = 2000

/** What the keeper remembers of a run. */
interface Kept {
  run: Run
  /** Length of the text that the database has. */
  storedLength: number
  storedAtMs: number
  renewedAtMs: number
  /** Until when readers of other processes want to follow closely. */
  watchedUntilMs: number
}

/**
 * Keeps the database abreast of the runs of this process: once a second (five times while another process reads along)
 * the texts that have grown are stored, all in one statement, and every five seconds the leases are renewed; less often
 * where the database needs long for it. A run that is no longer ours is told to stop.
 */
export class RunKeeper {
  private readonly kept = new Map<string, Kept>()
  private readonly turns: Pick<TurnRepository, 'keep'>
  private readonly logger: Logger
  private timer: NodeJS.Timeout | undefined
  private keeping: { ids: Set<string>; done: Promise<void> } | null = null
  private notBeforeMs = 0

  constructor(turns: Pick<TurnRepository, 'keep'>, logger: Logger) {
    this.turns = turns
    this.logger = logger
  }

  open(): void {
    this.timer = setInterval(() => this.tick(), tickMs)
  }

  close(): void {
    clearInterval(this.timer)
  }

  add(run: Run): void {
    const now = Date.now()
    this.kept.set(run.id, { run, storedLength: run.length, storedAtMs: now, renewedAtMs: now, watchedUntilMs: 0 })
  }

  /**
   * Lets go of a run that is about to be finished, once nothing that is under way can touch its row. Says whether
   * somebody elsewhere reads along.
   */
  async release(run: Run): Promise<boolean> {
    const watched = this.isWatched(run.id)
    this.kept.delete(run.id)
    if (this.keeping?.ids.has(run.id)) await this.keeping.done
    return watched
  }

  watch(runId: string): void {
    const kept = this.kept.get(runId)
    if (kept) kept.watchedUntilMs = Date.now() + watchedForMs
  }

  private isWatched(runId: string): boolean {
    return (this.kept.get(runId)?.watchedUntilMs ?? 0) > Date.now()
  }

  private tick(): void {
    if (this.keeping || this.kept.size === 0) return
    const now = Date.now()
    if (now < this.notBeforeMs) return
    const due = [...this.kept.values()].filter((kept) => isDue(kept, now))
    if (due.length === 0) return
    const done = this.keep(due, now).finally(() => {
      this.keeping = null
    })
    this.keeping = { ids: new Set(due.map(({ run }) => run.id)), done }
  }

  private async keep(due: Kept[], now: number): Promise<void> {
    const beganMs = performance.now()
    const runs = due.map((kept) => ({ kept, length: kept.run.length, grown: kept.run.length > kept.storedLength }))
    try {
      const owned = await this.turns.keep(
        runs.map(({ kept: { run }, grown }) => ({
          workspaceId: run.workspaceId,
          sessionId: run.sessionId,
          messageId: run.id,
          content: grown ? run.text : null,
          progress: progressOf(run),
          watched: grown && this.isWatched(run.id),
        })),
      )
      for (const { kept, length } of runs) {
        kept.storedLength = length
        kept.storedAtMs = now
        kept.renewedAtMs = now
        if (!owned.has(kept.run.id)) kept.run.stop('fenced')
      }
      this.notBeforeMs = Date.now() + Math.min(longestRestMs, restShare * (performance.now() - beganMs))
    } catch (error) {
      this.notBeforeMs = Date.now() + storeIntervalMs
      this.logger.warn({ err: error, runs: due.length }, 'partial answers could not be stored; trying again')
    }
  }
}

function progressOf({ serving, firstTokenMs }: Run): RunProgress | null {
  if (serving === null) return null
  const { promptTokens, completionTokens } = serving.used()
  return {
    provider: serving.provider,
    model: serving.model,
    served_because: serving.because,
    first_token_ms: firstTokenMs,
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
  }
}

function isDue({ run, storedLength, storedAtMs, renewedAtMs, watchedUntilMs }: Kept, now: number): boolean {
  if (now - renewedAtMs >= leaseRenewalMs) return true
  if (run.length === storedLength) return false
  return now - storedAtMs >= storeIntervalMs || watchedUntilMs > now
}
