import type { RateLimits } from '../provider.ts'
import type { ProviderError } from '../provider-error.ts'
import type { GatewayLimits } from './gateway-limits.ts'

/** A pause that nobody named grows no longer than this. */
const maxPauseMs = 30_000
/** Where a provider says "at once" and refuses again, it is not asked faster than this, doubling. */
const minPauseMs = 100

/**
 * Decides when the next request may go to a model that has met its rate limit. After each limit it lets one request
 * through, then two for each that is accepted, up to what the headers say remains or as many as passed before the last
 * limit; from there on one by one, at the pace that the limit has shown. It holds no clock: times are epoch milliseconds
 * given by the caller.
 */
export class Pacer {
  readonly #limits: GatewayLimits
  readonly #random: () => number
  #opensAtMs = 0
  /** The provider named no time: `#opensAtMs` is our guess. */
  #isGuess = true
  /** How many may be on their way without an answer yet. */
  #window = 1
  #unanswered = 0
  /** Accepted since the last limit. */
  #passed = 0
  /** How many passed between the last two limits. */
  #burst = Number.POSITIVE_INFINITY
  /** Average time for one request between the last two limits; 0 while unknown. */
  #intervalMs = 0
  /** What the headers say is left; `null` unless they describe the limit that was met. */
  #remaining: number | null = null
  #headersDescribeLimit = false
  /** Limits met in a row, with nothing accepted in between. */
  #strikes = 0
  #limitedAtMs = 0
  #lastStartMs = 0
  /** Someone has been waiting ever since the last limit, so that what passed is all that could. */
  #isSaturated = true

  constructor(limits: GatewayLimits, random: () => number) {
    this.#limits = limits
    this.#random = random
  }

  /** When the next request may go; `Infinity` where that depends on the answer to one under way. */
  nextStartMs(): number {
    if (this.#unanswered >= this.#window) return Number.POSITIVE_INFINITY
    if (this.#passed < this.#burst || this.#intervalMs === 0) return this.#opensAtMs
    return Math.max(this.#opensAtMs, this.#lastStartMs + this.#intervalMs)
  }

  /** When a request with `ahead` others before it may hope to go; `null` where nobody knows. */
  expectedStartMs(ahead: number, nowMs: number): number | null {
    if (nowMs < this.#opensAtMs && this.#isGuess) return null
    const openMs = Math.max(nowMs, this.#opensAtMs)
    if (this.#intervalMs === 0 || !Number.isFinite(this.#burst)) return openMs
    return openMs + Math.floor(ahead / this.#burst) * this.#burst * this.#intervalMs
  }

  /** When the provider said that it will take requests again; the past where it did not. */
  get knownOpeningMs(): number {
    return this.#isGuess ? 0 : this.#opensAtMs
  }

  /** The earliest that anything can go, guessed or known. */
  get opensAtMs(): number {
    return this.#opensAtMs
  }

  /** Whether the limit is long past and nothing is under way, so that nobody needs to be paced any more. */
  isOver(nowMs: number): boolean {
    const calmAtMs = Math.max(this.#limitedAtMs, this.#opensAtMs) + this.#limits.cautionMs
    return this.#unanswered === 0 && nowMs >= calmAtMs
  }

  start(nowMs: number) {
    this.#unanswered++
    this.#lastStartMs = nowMs
  }

  /** Nobody waits although a request might go. */
  idle() {
    this.#isSaturated = false
  }

  /** A started request ended, or was never made, without an answer about limits. */
  abandoned() {
    this.#unanswered--
  }

  /** The provider has taken a started request up. */
  accepted(limits: RateLimits | null, nowMs: number) {
    this.#unanswered--
    this.#passed++
    if (limits) this.spent(limits, nowMs)
    this.#remaining = this.#headersDescribeLimit ? (limits?.remainingRequests ?? null) : null
    this.#window = this.#nextWindow()
  }

  /** Closes ahead of a refusal where the headers say that nothing is left. */
  spent(limits: RateLimits, nowMs: number) {
    if (!saysSpent(limits)) return
    this.#isGuess = false
    this.#headersDescribeLimit = true
    this.#opensAtMs = Math.max(this.#opensAtMs, nowMs + slotMs(limits))
  }

  /** The provider refused for its limit, be it a request started here or one from before. */
  limited(error: ProviderError, wasStarted: boolean, nowMs: number) {
    if (wasStarted) this.#unanswered--
    if (nowMs >= this.#opensAtMs) this.#learn(nowMs)
    const factor = 2 ** Math.max(0, this.#strikes - 1)
    const askedMs = askedPauseMs(error, factor)
    const guessMs = Math.min(this.#limits.pauseMs * factor, maxPauseMs) * (0.5 + this.#random() / 2)
    const leastMs = askedMs === 0 ? Math.min(minPauseMs * factor, maxPauseMs) : 0
    const untilMs = nowMs + Math.max(askedMs ?? guessMs, leastMs)
    if (untilMs <= this.#opensAtMs) return
    this.#isGuess = askedMs === null
    this.#opensAtMs = untilMs
    this.#headersDescribeLimit = error.limits?.remainingRequests === 0
  }

  /** A limit met while open: what passed since the last one is the measure from now on. */
  #learn(nowMs: number) {
    if (this.#passed > 0) {
      this.#burst = this.#passed
      // No slower than one request for each time that the provider asked us to wait.
      const perRequestMs = (nowMs - this.#limitedAtMs) / this.#passed
      const waitedMs = this.#opensAtMs - this.#limitedAtMs
      this.#intervalMs = this.#isSaturated ? Math.min(perRequestMs, waitedMs) : 0
    }
    this.#strikes = this.#passed > 0 ? 1 : this.#strikes + 1
    this.#limitedAtMs = nowMs
    this.#isSaturated = true
    this.#passed = 0
    this.#window = 1
    this.#remaining = null
  }

  #nextWindow(): number {
    if (this.#remaining !== null) return Math.max(1, this.#remaining)
    if (this.#passed >= this.#burst) return 1
    return Math.min(this.#window + 1, this.#burst - this.#passed)
  }
}

/** Whether the headers say that no request is left. */
export function saysSpent({ remainingRequests, resetRequestsMs, limitRequests }: RateLimits): boolean {
  return remainingRequests === 0 && resetRequestsMs !== null && resetRequestsMs > 0 && limitRequests !== 0
}

/**
 * Time until one request is allowed again. The reset is that of the whole allowance, which both vendors refill bit by
 * bit: Groq documents 2m59.56s after 30 of 14,400 requests a day, six seconds each.
 */
function slotMs({ resetRequestsMs, limitRequests }: RateLimits): number {
  return (resetRequestsMs ?? 0) / (limitRequests ?? 1)
}

/** What the provider asks for in milliseconds: `Retry-After`, else the reset of what is spent; `null` if neither. */
function askedPauseMs({ retryAfterSeconds, limits }: ProviderError, factor: number): number | null {
  if (retryAfterSeconds !== undefined) return retryAfterSeconds * 1000
  if (!limits) return null
  // A vendor that refills all at once refuses until the reset: double the guess rather than ask for every slot.
  if (saysSpent(limits)) return Math.min(limits.resetRequestsMs ?? 0, slotMs(limits) * factor)
  return limits.remainingTokens === 0 ? limits.resetTokensMs : null
}
