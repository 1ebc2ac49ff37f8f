import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { newId } from '../ids.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

/** A worker told why it cannot serve; the message is for people. */
export class WorkerFailedError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'WorkerFailedError'
  }
}

const startTimeoutMs = 120_000
/** What a worker may take beyond its grace to close its connections. */
const slackMs = 15_000

/** One worker process, from its start to its end. */
export class WorkerHandle<Briefing, Report> {
  readonly id = newId()
  readonly startedAtMs = performance.now()
  /** Resolves once it serves; rejects when it cannot, or ends before. */
  readonly ready: Promise<Report>
  /** Resolves with its end: whether it was in order, every run of its own finished and stored. */
  readonly ended: Promise<{ inOrder: boolean; how: string | number }>
  isReady = false
  isLeaving = false
  /** Stands in for one that has died; nobody waits for it to serve. */
  isReplacement = false
  /** When it last said anything. */
  heardAtMs = performance.now()
  private readonly worker: Worker

  constructor(briefingOf: (id: string) => Briefing) {
    this.worker = cluster.fork()
    this.ended = once(this.worker, 'exit').then(([code, signal]) => ({
      inOrder: code === 0 && this.isLeaving,
      how: signal ?? code,
    }))
    this.ready = this.untilReady()
    // Who only waits for its end learns of a failed start there.
    this.ready.catch(() => undefined)
    this.worker.on('error', () => undefined)
    this.worker.on('message', () => {
      this.heardAtMs = performance.now()
    })
    this.tell({ type: 'start', briefing: briefingOf(this.id) })
  }

  get pid(): number | undefined {
    return this.worker.process.pid
  }

  tell(message: ToWorker<Briefing>): void {
    if (this.worker.isConnected()) this.worker.send(message, () => undefined)
  }

  /** Asks it to leave and waits until it has; one that takes far too long is killed. */
  async leave(graceMs: number, drainMs: number): Promise<void> {
    this.isLeaving = true
    this.tell({ type: 'stop', graceMs, drainMs })
    const timer = setTimeout(() => this.kill(), graceMs + drainMs + slackMs)
    await this.ended
    clearTimeout(timer)
  }

  kill(): void {
    this.worker.process.kill('SIGKILL')
  }

  private async untilReady(): Promise<Report> {
    const timer = setTimeout(() => this.kill(), startTimeoutMs)
    try {
      return await new Promise((resolve, reject) => {
        this.worker.on('message', (message: FromWorker<Report>) => {
          if (message.type === 'failed') return reject(new WorkerFailedError(message.message))
          if (message.type !== 'ready') return
          this.isReady = true
          resolve(message.report)
        })
        void this.ended.then(({ how }) => reject(new WorkerFailedError(`A worker ended (${how}) before it was ready`)))
      })
    } finally {
      clearTimeout(timer)
    }
  }
}
