import { FadingCount } from './fading-count.ts'

/** In so many milliseconds a crowd that was sent away shrinks to a third of itself. */
const fadesMs = 5000
const longestSeconds = 30

/**
 * Tells those who are sent away when to come back: spread over the time in which all who were sent away lately can be
 * served, so that they do not meet again.
 */
export class Returning {
  readonly #random: () => number
  readonly #crowd = new FadingCount(fadesMs)

  constructor(random: () => number) {
    this.#random = random
  }

  /** Counts one more, and returns the whole seconds after which it should come back: 1 to 30. */
  comeBackAfter(perSecond: number, nowMs: number): number {
    const allServedSeconds = this.#crowd.add(nowMs) / perSecond
    return Math.min(longestSeconds, Math.ceil(1 + this.#random() * 2 * allServedSeconds))
  }
}
