import type { WaitingRoom } from './waiting-room.ts'

/**
 * The call waits for a provider's rate limit with `ahead` others before it. `retryAtMs` is when its turn may come, in
 * epoch milliseconds; `null` where the provider does not say. Told at once and when it changes, at most once a second.
 */
export interface WaitingEvent {
  type: 'waiting'
  ahead: number
  retryAtMs: number | null
}

/** One call as it waits, perhaps more than once, all within one deadline. */
export class WaitingCall {
  /** Through which its last request came: refused there, it is next again. */
  lastRoom: WaitingRoom | undefined
  readonly #workspaceId: string
  readonly #order: number
  #deadlineMs: number | null = null

  /** `order`: its place among the calls of the process. */
  constructor(workspaceId: string, order: number) {
    this.#workspaceId = workspaceId
    this.#order = order
  }

  /** Ends when its turn has come, which then has to be used. Throws `ProviderError` or `ProviderAborted`. */
  async *turn(room: WaitingRoom, signal: AbortSignal): AsyncGenerator<WaitingEvent, void, void> {
    this.#deadlineMs ??= room.deadlineMs()
    const place = { workspaceId: this.#workspaceId, order: this.#order, deadlineMs: this.#deadlineMs }
    const waiter = room.join(place, room === this.lastRoom)
    let usesTurn = false
    try {
      while (!usesTurn) {
        const { ahead, retryAtMs } = waiter
        yield { type: 'waiting', ahead, retryAtMs }
        usesTurn = await waiter.changed(signal)
      }
    } finally {
      room.leave(waiter, usesTurn)
    }
  }
}
