import type { Logger } from '../../platform/logger.ts'
import type { Provider, RateLimits } from '../provider.ts'
import { logFieldsOf, ProviderError, type ProviderErrorCode } from '../provider-error.ts'
import { CircuitBreaker, type Verdict } from './circuit-breaker.ts'
import type { GatewayLimits } from './gateway-limits.ts'
import { saysSpent } from './pacer.ts'
import { Seats } from './seats.ts'
import { WaitingRoom } from './waiting-room.ts'

export interface LaneOptions {
  limits: GatewayLimits
  logger: Logger
  now: () => number
  random: () => number
}

/**
 * What stands before one provider with one key: its breaker, and a waiting room for each model that limits us, as the
 * vendors count by model.
 */
export class Lane {
  readonly provider: Provider
  readonly breaker: CircuitBreaker
  readonly seats: Seats
  /** Calls under way. */
  active = 0
  readonly #options: LaneOptions
  readonly #rooms = new Map<string, WaitingRoom>()

  constructor(provider: Provider, options: LaneOptions) {
    this.provider = provider
    this.#options = options
    this.breaker = new CircuitBreaker(options.limits, options.random)
    this.seats = new Seats(options.limits.maxWaiting, options.limits.maxWaitingPerWorkspace)
  }

  /** Nothing that would have to be remembered. */
  get isIdle(): boolean {
    return this.active === 0 && this.breaker.isPristine && [...this.#rooms.values()].every(({ isOver }) => isOver)
  }

  /** The room before `model`; `undefined` while there is no limit. */
  roomOf(model: string): WaitingRoom | undefined {
    if (this.#rooms.size === 0) return undefined
    const room = this.#rooms.get(model)
    if (!room?.isOver) return room
    this.#rooms.delete(model)
    return undefined
  }

  /** Passes on what the headers of an answer say. */
  accepted(model: string, limits: RateLimits | null, wasLetIn: boolean) {
    const room = this.roomOf(model) ?? (limits && saysSpent(limits) ? this.#openRoom(model) : undefined)
    room?.accepted(limits, wasLetIn)
  }

  limited(model: string, error: ProviderError, wasLetIn: boolean) {
    const room = this.roomOf(model) ?? this.#openRoom(model)
    room.limited(error, wasLetIn)
  }

  /** Takes note of a call; the ticket goes with its report. Throws `ProviderError` `provider_unavailable` while the breaker is open. */
  enter(): number {
    const nowMs = this.#options.now()
    const waitMs = this.breaker.waitMs(nowMs)
    if (waitMs > 0) throw this.#failure('provider_unavailable', 'breaker_open', waitMs)
    return this.breaker.enter(nowMs)
  }

  report(ticket: number, verdict: Verdict, error: unknown) {
    const nowMs = this.#options.now()
    const wasOpen = this.breaker.openUntilMs(nowMs) !== null
    const retryAfterMs = error instanceof ProviderError ? (error.retryAfterSeconds ?? 0) * 1000 : 0
    this.breaker.report(ticket, verdict, nowMs, retryAfterMs)
    const openUntilMs = this.breaker.openUntilMs(nowMs)
    if (wasOpen || openUntilMs === null) return
    const fields = { provider: this.provider.id, ...logFieldsOf(error), delay_ms: Math.round(openUntilMs - nowMs) }
    this.#options.logger.warn(fields, 'provider is down, calls to it fail at once for a while')
  }

  /** The refusal of a call that would have to wait but has others to ask. */
  refusal(room: WaitingRoom): ProviderError {
    const waitMs = Math.max(0, room.opensAtMs - this.#options.now())
    return this.#failure('provider_rate_limited', 'limit_met_before', waitMs)
  }

  #openRoom(model: string): WaitingRoom {
    for (const [name, room] of this.#rooms) if (room.isOver) this.#rooms.delete(name)
    const room = new WaitingRoom({
      ...this.#options,
      seats: this.seats,
      refuse: (reason, retryAfterMs) => this.#failure('provider_rate_limited', reason, retryAfterMs),
    })
    this.#rooms.set(model, room)
    return room
  }

  #failure(code: ProviderErrorCode, reason: string, retryAfterMs: number): ProviderError {
    const { id, name } = this.provider
    const retryAfterSeconds = Math.max(1, Math.ceil(retryAfterMs / 1000))
    const error = new ProviderError(code, { providerId: id, providerName: name, reason, retryAfterSeconds })
    error.attempts = 0
    return error
  }
}
