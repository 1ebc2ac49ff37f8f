import cluster from 'node:cluster'
import type { Logger } from '../logger.ts'
import { createRestartPauses } from './back-off.ts'
import { WorkerHandle } from './worker-handle.ts'

export interface WorkerPoolOptions<Briefing> {
  /** The script that a worker runs. */
  script: string
  size: number
  /** What a worker needs to know; `isFirst` for the very first one, before which there is no other. */
  briefing: (worker: { id: string; isFirst: boolean }) => Briefing
  logger: Logger
  /** Shortened by tests. */
  silenceMs?: number
}

/** How long a worker's clients have to send a request on a connection that they kept open. */
const drainMs = 1000

/** A worker that says nothing for so long hangs: even a loaded machine lets it speak. */
const silenceMs = 30_000
const lookIntervalMs = 5000

/**
 * Worker processes that serve one port. All of them accept connections from one listening socket, which this process
 * keeps, so that none is lost while workers come and go. One that dies is started again, ever later when it keeps
 * dying, and the others are told its id. See docs/decisions/0005-workers-share-a-socket.md.
 */
export class WorkerPool<Briefing, Report> {
  private readonly options: WorkerPoolOptions<Briefing>
  private readonly workers = new Set<WorkerHandle<Briefing, Report>>()
  private readonly pauses = createRestartPauses()
  private readonly timers = new Set<NodeJS.Timeout>()
  /** Ids of workers that ended without being asked to, of which no other has been told yet. */
  private gone: string[] = []
  private isStopping = false
  private restarting: Promise<boolean> | null = null
  private lookedAtMs = performance.now()
  private watch: NodeJS.Timeout | undefined

  constructor(options: WorkerPoolOptions<Briefing>) {
    this.options = options
    cluster.schedulingPolicy = cluster.SCHED_NONE
    cluster.setupPrimary({ exec: options.script, args: [], serialization: 'json' })
  }

  /** Starts the first worker, and the others once it serves; resolves with its report. Throws what it failed with. */
  async start(): Promise<Report> {
    const report = await this.fork(true).ready
    this.watch = setInterval(() => this.endSilent(), Math.min(lookIntervalMs, this.silenceMs / 2))
    await Promise.all(Array.from({ length: this.options.size - 1 }, () => this.fork(false).ready))
    return report
  }

  /**
   * Replaces every worker, one after the other: the new one serves before the old one leaves. Resolves with false when a
   * new one could not serve; the others then stay as they are.
   */
  restart(graceMs: number): Promise<boolean> {
    this.restarting ??= this.replaceAll(graceMs).finally(() => {
      this.restarting = null
    })
    return this.restarting
  }

  /** Ends all workers; each lets its work finish for up to `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.isStopping = true
    clearInterval(this.watch)
    for (const timer of this.timers) clearTimeout(timer)
    await Promise.all([...this.workers].map((worker) => worker.leave(graceMs, graceMs === 0 ? 0 : drainMs)))
  }

  private async replaceAll(graceMs: number): Promise<boolean> {
    for (const worker of [...this.workers]) {
      if (this.isStopping) return true
      // One that has died meanwhile is being replaced already.
      if (!this.workers.has(worker) || worker.isLeaving) continue
      const next = this.fork(false)
      try {
        await next.ready
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        this.options.logger.error({ reason }, 'a new worker cannot serve; the workers that do stay')
        return false
      }
      await worker.leave(graceMs, drainMs)
    }
    return true
  }

  private get silenceMs(): number {
    return this.options.silenceMs ?? silenceMs
  }

  /** Kills workers whose event loop has stopped turning: the others, and a new one, serve in their place. */
  private endSilent(): void {
    const nowMs = performance.now()
    // This process was held up itself, and has not read what they said.
    const wasAway = nowMs - this.lookedAtMs > this.silenceMs / 2 + lookIntervalMs
    this.lookedAtMs = nowMs
    for (const worker of this.workers) {
      if (wasAway) worker.heardAtMs = nowMs
      if (!worker.isReady || worker.isLeaving || nowMs - worker.heardAtMs < this.silenceMs) continue
      this.options.logger.error({ pid: worker.pid }, 'a worker hangs and is killed')
      worker.kill()
    }
  }

  private fork(isFirst: boolean): WorkerHandle<Briefing, Report> {
    const { briefing, logger } = this.options
    const worker = new WorkerHandle<Briefing, Report>((id) => briefing({ id, isFirst }))
    this.workers.add(worker)
    worker.ready.then(
      () => {
        logger.info({ pid: worker.pid }, 'a worker serves')
        this.tellOfGone()
      },
      () => undefined,
    )
    void worker.ended.then(({ inOrder, how }) => this.ended(worker, inOrder, how))
    return worker
  }

  private ended(worker: WorkerHandle<Briefing, Report>, inOrder: boolean, how: string | number): void {
    const { logger } = this.options
    this.workers.delete(worker)
    if (inOrder) return
    this.gone.push(worker.id)
    this.tellOfGone()
    logger.warn({ pid: worker.pid, reason: String(how) }, 'a worker ended unexpectedly')
    // One that never served was started by somebody who waits for it, and decides.
    if (this.isStopping || worker.isLeaving || (!worker.isReady && !worker.isReplacement)) return
    this.startAgain(performance.now() - worker.startedAtMs)
  }

  private startAgain(livedMs: number): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      if (this.isStopping) return
      const worker = this.fork(false)
      worker.isReplacement = true
    }, this.pauses.after(livedMs))
    this.timers.add(timer)
  }

  /** Any worker that serves can do what there is to do about those that are gone. */
  private tellOfGone(): void {
    if (this.gone.length === 0) return
    const heir = [...this.workers].find((worker) => worker.isReady && !worker.isLeaving)
    if (heir === undefined) return
    heir.tell({ type: 'gone', ids: this.gone })
    this.gone = []
  }
}
