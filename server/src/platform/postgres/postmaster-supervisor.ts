import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../logger.ts'
import type { Postmaster } from './postmaster.ts'

interface SupervisorOptions {
  postmaster: Postmaster
  relaunch: () => Promise<Postmaster>
  stop: (postmaster: Postmaster) => Promise<void>
  logger: Logger
}

const firstDelayMs = 100
const maxDelayMs = 10_000
/** One that lived this long had started well: a further end counts as a new one, and is not waited for any longer. */
const steadyMs = 1_000

/** Keeps PostgreSQL running until it is told to stop: one that ends by itself is logged and started again. */
export class PostmasterSupervisor {
  readonly #options: SupervisorOptions
  readonly #stopping = new AbortController()
  readonly #watching: Promise<void>
  #postmaster: Postmaster
  #stopped: Promise<void> | undefined

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#postmaster = options.postmaster
    this.#watching = this.#watch()
  }

  /** Stops PostgreSQL and the watch over it. Calling it again awaits the same stop. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.#stopping.abort()
    // A start that is under way ends first, or it would outlive us.
    await this.#watching
    await this.#options.stop(this.#postmaster)
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    let delayMs = firstDelayMs
    while (!signal.aborted) {
      const startedAt = performance.now()
      await Promise.race([this.#postmaster.exited, stopped])
      if (signal.aborted) return
      if (performance.now() - startedAt > steadyMs) delayMs = firstDelayMs
      this.#options.logger.error(`PostgreSQL (pid ${this.#postmaster.pid}) ended by itself; it is started again`)
      delayMs = await this.#restart(delayMs)
    }
  }

  /** Tries until it runs again, ever more slowly; returns the delay for the next time. */
  async #restart(delayMs: number): Promise<number> {
    const { relaunch, logger } = this.#options
    const { signal } = this.#stopping
    let nextDelayMs = delayMs
    while (!signal.aborted) {
      await sleep(nextDelayMs, undefined, { signal, ref: false }).catch(() => undefined)
      if (signal.aborted) break
      nextDelayMs = Math.min(nextDelayMs * 2, maxDelayMs)
      try {
        this.#postmaster = await relaunch()
        logger.info(`PostgreSQL runs again (pid ${this.#postmaster.pid})`)
        break
      } catch (error) {
        logger.error({ err: error }, 'PostgreSQL could not be started again')
      }
    }
    return nextDelayMs
  }
}
