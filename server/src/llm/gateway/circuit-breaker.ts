import type { GatewayLimits } from './gateway-limits.ts'

export type BreakerState = 'closed' | 'open' | 'half_open'

/**
 * What a call taught about its provider: `up` it answers, if only by refusing; `down` it is away, overloaded or silent;
 * `unclear` anything else, an abort for example.
 */
export type Verdict = 'up' | 'down' | 'unclear'

/** A probe whose end nobody reports must not keep the breaker shut for ever; longer than any call may take. */
const probeLifeMs = 180_000
/** What to tell those who come while a probe is under way: it takes about as long as a first token. */
const duringProbeMs = 1000

/**
 * Keeps calls from a provider that is down (https://martinfowler.com/bliki/CircuitBreaker.html). Closed, it counts
 * consecutive failures; open, it lets nothing through until the cool-down is over; half-open, one call at a time, whose
 * verdict closes it or opens it for twice as long. Times are epoch milliseconds given by the caller.
 */
export class CircuitBreaker {
  readonly #limits: GatewayLimits
  readonly #random: () => number
  #state: BreakerState = 'closed'
  /** Of the latest consecutive failures. */
  #failedAtMs: number[] = []
  #openUntilMs = 0
  #timesOpened = 0
  #probeUntilMs = 0
  /** Counts openings and probes, so that calls from before them have no say any more. */
  #epoch = 0

  constructor(limits: GatewayLimits, random: () => number) {
    this.#limits = limits
    this.#random = random
  }

  state(nowMs: number): BreakerState {
    return this.#state === 'open' && nowMs >= this.#openUntilMs ? 'half_open' : this.#state
  }

  /** When the cool-down ends; `null` unless open. */
  openUntilMs(nowMs: number): number | null {
    return this.state(nowMs) === 'open' ? this.#openUntilMs : null
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** Whether nothing has gone wrong since it was last closed. */
  get isPristine(): boolean {
    return this.#state === 'closed' && this.#failedAtMs.length === 0
  }

  /** Milliseconds after which it is worth another try; 0 where a call may be made now. */
  waitMs(nowMs: number): number {
    const state = this.state(nowMs)
    if (state === 'closed') return 0
    if (state === 'open') return this.#openUntilMs - nowMs
    return nowMs < this.#probeUntilMs ? duringProbeMs : 0
  }

  /** Takes note of a call that {@link waitMs} lets through; the ticket goes with its report. */
  enter(nowMs: number): number {
    if (this.state(nowMs) === 'closed') return this.#epoch
    this.#state = 'half_open'
    this.#probeUntilMs = nowMs + probeLifeMs
    return ++this.#epoch
  }

  /** `retryAfterMs`: what the provider itself asked for, if anything. */
  report(ticket: number, verdict: Verdict, nowMs: number, retryAfterMs = 0) {
    if (ticket !== this.#epoch || this.#state === 'open') return
    if (verdict === 'up') this.#close()
    else if (this.#state === 'half_open') this.#endProbe(verdict, nowMs, retryAfterMs)
    else if (verdict === 'down') this.#count(nowMs, retryAfterMs)
  }

  #close() {
    if (this.#state === 'half_open') this.#timesOpened = 0
    this.#state = 'closed'
    if (this.#failedAtMs.length > 0) this.#failedAtMs = []
  }

  #endProbe(verdict: Verdict, nowMs: number, retryAfterMs: number) {
    this.#probeUntilMs = 0
    if (verdict === 'down') this.#open(nowMs, retryAfterMs)
  }

  #count(nowMs: number, retryAfterMs: number) {
    const { breakerFailures, breakerWindowMs } = this.#limits
    this.#failedAtMs.push(nowMs)
    if (this.#failedAtMs.length > breakerFailures) this.#failedAtMs.shift()
    const oldest = this.#failedAtMs[0] ?? nowMs
    if (this.#failedAtMs.length === breakerFailures && nowMs - oldest <= breakerWindowMs)
      this.#open(nowMs, retryAfterMs)
  }

  #open(nowMs: number, retryAfterMs: number) {
    const { breakerCooldownMs, breakerMaxCooldownMs } = this.#limits
    const doubled = Math.min(breakerCooldownMs * 2 ** this.#timesOpened, breakerMaxCooldownMs)
    const asked = Math.min(retryAfterMs, breakerMaxCooldownMs)
    this.#state = 'open'
    this.#failedAtMs = []
    this.#timesOpened++
    this.#epoch++
    this.#openUntilMs = nowMs + Math.max(doubled * (0.8 + 0.4 * this.#random()), asked)
  }
}
