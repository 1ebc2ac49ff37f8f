/** A count that forgets: what was counted `fadesMs` ago weighs a third of what is counted now. */
export class FadingCount {
  readonly #fadesMs: number
  #count = 0
  #atMs = 0

  constructor(fadesMs: number) {
    this.#fadesMs = fadesMs
  }

  /** How much is left of all that was counted; at a steady rate, about what comes in `fadesMs`. */
  at(nowMs: number): number {
    return this.#count * Math.exp((this.#atMs - nowMs) / this.#fadesMs)
  }

  /** Counts one more and returns what {@link at} says then. */
  add(nowMs: number): number {
    this.#count = 1 + this.at(nowMs)
    this.#atMs = nowMs
    return this.#count
  }
}
