import type { Waiter } from './waiter.ts'

interface WorkspaceQueue {
  workspaceId: string
  /** In the order of their calls. */
  waiters: Waiter[]
}

/** First come, first served within a workspace, and the workspaces in turn: a crowd in one delays nobody in another. */
export class TurnQueue {
  /** Whose turn is next comes first. */
  readonly #queues: WorkspaceQueue[] = []

  get isEmpty(): boolean {
    return this.#queues.length === 0
  }

  get earliestDeadlineMs(): number {
    return Math.min(...this.#queues.flatMap(({ waiters }) => waiters.map(({ deadlineMs }) => deadlineMs)))
  }

  /** `keepsTurn`: its workspace gave the turn up for nothing and is next again. */
  add(waiter: Waiter, keepsTurn: boolean) {
    const { workspaceId, order } = waiter
    const index = this.#queues.findIndex((queue) => queue.workspaceId === workspaceId)
    const queue = this.#queues[index] ?? { workspaceId, waiters: [] }
    const place = queue.waiters.findIndex((other) => other.order > order)
    queue.waiters.splice(place < 0 ? queue.waiters.length : place, 0, waiter)
    if (index >= 0 && !keepsTurn) return
    if (index >= 0) this.#queues.splice(index, 1)
    if (keepsTurn) this.#queues.unshift(queue)
    else this.#queues.push(queue)
  }

  /** The next one, whose workspace then goes to the end of the line. */
  take(): Waiter | undefined {
    const queue = this.#queues.shift()
    const waiter = queue?.waiters.shift()
    if (queue && queue.waiters.length > 0) this.#queues.push(queue)
    return waiter
  }

  remove(waiter: Waiter) {
    const index = this.#queues.findIndex(({ workspaceId }) => workspaceId === waiter.workspaceId)
    const waiters = this.#queues[index]?.waiters ?? []
    const place = waiters.indexOf(waiter)
    if (place >= 0) waiters.splice(place, 1)
    if (index >= 0 && waiters.length === 0) this.#queues.splice(index, 1)
  }

  /** Everyone, as they will be served if nobody else comes. */
  inOrder(): Waiter[] {
    const order: Waiter[] = []
    const longest = Math.max(0, ...this.#queues.map(({ waiters }) => waiters.length))
    for (let round = 0; round < longest; round++)
      for (const { waiters } of this.#queues) {
        const waiter = waiters[round]
        if (waiter) order.push(waiter)
      }
    return order
  }
}
