import { ProviderAborted } from '../provider-error.ts'

export interface WaiterOptions {
  workspaceId: string
  /** Its place among the calls of the process, so that one which is refused again does not lose it. */
  order: number
  deadlineMs: number
}

/** One call that waits for its turn. It is woken when there is something to tell, and ends granted or with an error. */
export class Waiter {
  readonly workspaceId: string
  readonly order: number
  readonly deadlineMs: number
  state: 'waiting' | 'granted' | 'left' = 'waiting'
  /** What it was told last. */
  ahead = 0
  retryAtMs: number | null = null
  toldAtMs = 0
  #error: Error | null = null
  #wake = Promise.withResolvers<void>()

  constructor({ workspaceId, order, deadlineMs }: WaiterOptions) {
    this.workspaceId = workspaceId
    this.order = order
    this.deadlineMs = deadlineMs
  }

  /** Resolves with whether its turn has come, else there is news to tell. Throws what ended the waiting. */
  async changed(signal: AbortSignal): Promise<boolean> {
    const onAbort = () => this.fail(new ProviderAborted())
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    await this.#wake.promise
    signal.removeEventListener('abort', onAbort)
    this.#wake = Promise.withResolvers()
    if (this.#error) throw this.#error
    return this.state === 'granted'
  }

  grant() {
    this.state = 'granted'
    this.#wake.resolve()
  }

  fail(error: Error) {
    this.#error = error
    this.#wake.resolve()
  }

  /** Wakes it where the news is worth telling: another place, or a time that differs by a second or more. */
  tell(ahead: number, retryAtMs: number | null, nowMs: number) {
    const isSameTime = retryAtMs === this.retryAtMs || Math.abs((retryAtMs ?? 0) - (this.retryAtMs ?? 0)) < 1000
    if (ahead === this.ahead && isSameTime) return
    this.ahead = ahead
    this.retryAtMs = retryAtMs
    this.toldAtMs = nowMs
    this.#wake.resolve()
  }
}
