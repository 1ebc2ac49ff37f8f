/** Somebody who waits. */
export interface Waiting {
  workspaceId: string
  /** The place among those of its workspace; later ones have a higher number. */
  order: number
}

interface WorkspaceQueue<T> {
  workspaceId: string
  /** In the order of their arrival. */
  waiting: T[]
}

/** First come, first served within a workspace, and the workspaces in turn: a crowd in one delays nobody in another. */
export class FairQueue<T extends Waiting> {
  length = 0
  /** Whose turn is next comes first. */
  readonly #queues: WorkspaceQueue<T>[] = []

  get isEmpty(): boolean {
    return this.length === 0
  }

  /** How many of a workspace wait. */
  lengthOf(workspaceId: string): number {
    return this.#queues.find((queue) => queue.workspaceId === workspaceId)?.waiting.length ?? 0
  }

  /** `keepsTurn`: its workspace gave the turn up for nothing and is next again. */
  add(one: T, keepsTurn = false) {
    const { workspaceId, order } = one
    const index = this.#queues.findIndex((queue) => queue.workspaceId === workspaceId)
    const queue = this.#queues[index] ?? { workspaceId, waiting: [] }
    const before = queue.waiting.findLastIndex((other) => other.order <= order)
    queue.waiting.splice(before + 1, 0, one)
    this.length++
    if (index >= 0 && !keepsTurn) return
    if (index >= 0) this.#queues.splice(index, 1)
    if (keepsTurn) this.#queues.unshift(queue)
    else this.#queues.push(queue)
  }

  /** The next one, whose workspace then goes to the end of the line; workspaces that may not go keep their place in it. */
  take(mayGo: (workspaceId: string) => boolean = always): T | undefined {
    const index = this.#queues.findIndex(({ workspaceId }) => mayGo(workspaceId))
    const [queue] = index < 0 ? [] : this.#queues.splice(index, 1)
    const one = queue?.waiting.shift()
    if (one) this.length--
    if (queue && queue.waiting.length > 0) this.#queues.push(queue)
    return one
  }

  /** Does nothing for one who does not wait here. */
  remove(one: T) {
    const index = this.#queues.findIndex(({ workspaceId }) => workspaceId === one.workspaceId)
    const waiting = this.#queues[index]?.waiting ?? []
    const place = waiting.indexOf(one)
    if (place < 0) return
    waiting.splice(place, 1)
    this.length--
    if (waiting.length === 0) this.#queues.splice(index, 1)
  }

  /** Everyone, as they will be served if nobody else comes. */
  inOrder(): T[] {
    const order: T[] = []
    const longest = Math.max(0, ...this.#queues.map(({ waiting }) => waiting.length))
    for (let round = 0; round < longest; round++)
      for (const { waiting } of this.#queues) {
        const one = waiting[round]
        if (one) order.push(one)
      }
    return order
  }
}

function always(): boolean {
  return true
}
