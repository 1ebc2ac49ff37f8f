export interface PlaceBounds {
  /** How long one piece of work may take on average, in milliseconds; 0: there is no limit. */
  targetMs: number
  /** Never fewer places than this, so that a slow database is not made slower still by batches of one. */
  fewest: number
  /** How many at first. */
  first: number
  most: number
  /**
   * Where given, the target is also at most so many times the mean of quiet moments, which is what the machine and its
   * database take for a piece of work that nothing is in the way of.
   */
  timesQuiet?: number
}

/** Judged over no less time and no fewer pieces of work. */
const windowMs = 250
const fewestPieces = 16
/** The most that is taken away at once, and what is added. */
const shrink = 0.7
const grow = 1.1
/** The weight of one piece in the mean of {@link PlaceLimit.workMs}. */
const weight = 1 / 32
/** A mean below this says nothing about a crowd: alone, everything is quick. */
const quickestMs = 20
/** Differences below this are the noise of an idle machine. */
const leastQuietMs = 4
/** How fast quiet moments are forgotten that do not come again: a thousandth a window, the half in three minutes. */
const quietFades = 1.001

/**
 * How many pieces of work may be under way at once, found by how long they take: while all places are taken and the
 * mean stays below the target there is room for more; above it there are too many, by about the share that it is above.
 */
export class PlaceLimit {
  places: number
  /** About how long one piece takes now, in milliseconds. */
  workMs = quickestMs
  readonly #bounds: PlaceBounds
  #sinceMs = Number.NEGATIVE_INFINITY
  #pieces = 0
  #sumMs = 0
  #wasFull = false
  #quietMs = Number.POSITIVE_INFINITY

  constructor(bounds: PlaceBounds) {
    this.#bounds = bounds
    this.places = bounds.targetMs === 0 ? Number.POSITIVE_INFINITY : bounds.first
  }

  /** A piece of work has ended; `isFull`: all places are taken. */
  note(tookMs: number, isFull: boolean, nowMs: number): void {
    this.workMs = Math.max(quickestMs, this.workMs + weight * (tookMs - this.workMs))
    // After a rest the old window says nothing any more.
    if (nowMs - this.#sinceMs > 4 * windowMs) this.#begin(nowMs)
    this.#pieces++
    this.#sumMs += tookMs
    this.#wasFull ||= isFull
    if (nowMs - this.#sinceMs < windowMs || this.#pieces < fewestPieces) return
    this.#judge()
    this.#begin(nowMs)
  }

  #judge() {
    const { fewest, most, timesQuiet } = this.#bounds
    if (this.#bounds.targetMs === 0) return
    const meanMs = this.#sumMs / this.#pieces
    this.#quietMs = Math.max(leastQuietMs, Math.min(meanMs, this.#quietMs * quietFades))
    const targetMs = Math.min(this.#bounds.targetMs, timesQuiet ? timesQuiet * this.#quietMs : Number.POSITIVE_INFINITY)
    if (meanMs > targetMs) {
      this.places = Math.max(fewest, Math.floor(this.places * Math.max(shrink, targetMs / meanMs)))
    } else if (this.#wasFull) this.places = Math.min(most, Math.ceil(this.places * grow))
  }

  #begin(nowMs: number) {
    this.#sinceMs = nowMs
    this.#pieces = 0
    this.#sumMs = 0
    this.#wasFull = false
  }
}
