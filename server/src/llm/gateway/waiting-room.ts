import { FairQueue } from '../../platform/fair-queue.ts'
import type { RateLimits } from '../provider.ts'
import type { ProviderError } from '../provider-error.ts'
import type { GatewayLimits } from './gateway-limits.ts'
import { Pacer } from './pacer.ts'
import type { Seats } from './seats.ts'
import { Waiter, type WaiterOptions } from './waiter.ts'

export interface WaitingRoomOptions {
  limits: GatewayLimits
  /** Shared by all rooms of a provider. */
  seats: Seats
  now: () => number
  random: () => number
  /** Makes the refusal of someone who may not wait (any longer), with the time to come back. */
  refuse: (reason: WaitingRefusal, retryAfterMs: number) => ProviderError
}

export type WaitingRefusal = 'waiting_room_full' | 'limit_too_long' | 'waited_too_long'

/**
 * Where calls wait for a model that limits us. It stands from the first limit until the limit is long past; while it
 * stands, every call to that model goes through it. Its timer runs only while someone waits.
 */
export class WaitingRoom {
  readonly #options: WaitingRoomOptions
  readonly #pacer: Pacer
  readonly #queue = new FairQueue<Waiter>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: WaitingRoomOptions) {
    this.#options = options
    this.#pacer = new Pacer(options.limits, options.random)
  }

  /** Whether it is not needed any more. */
  get isOver(): boolean {
    return this.#queue.isEmpty && this.#pacer.isOver(this.#options.now())
  }

  get opensAtMs(): number {
    return this.#pacer.opensAtMs
  }

  /** Until when a call that begins to wait now may do so. */
  deadlineMs(): number {
    return this.#options.now() + this.#options.limits.maxWaitMs
  }

  /** Lets a call through that does not have to wait, or returns `false`. */
  tryEnter(): boolean {
    const nowMs = this.#options.now()
    if (!this.#queue.isEmpty || this.#pacer.nextStartMs() > nowMs) return false
    this.#pacer.idle()
    this.#pacer.start(nowMs)
    return true
  }

  /**
   * Sits down to wait; `keepsTurn` for a call that was let through and refused. The waiter has to {@link leave} in the end.
   * Throws `ProviderError` `provider_rate_limited` where there is no room or no hope before the deadline.
   */
  join(options: WaiterOptions, keepsTurn: boolean): Waiter {
    const { seats, refuse, now } = this.#options
    if (this.#pacer.knownOpeningMs > options.deadlineMs) throw refuse('limit_too_long', this.#retryAfterMs(0))
    if (now() >= options.deadlineMs) throw refuse('waited_too_long', this.#retryAfterMs(0))
    if (!seats.take(options.workspaceId, keepsTurn)) throw refuse('waiting_room_full', this.#retryAfterMs(seats.taken))
    const waiter = new Waiter(options)
    this.#queue.add(waiter, keepsTurn)
    waiter.ahead = this.#queue.inOrder().indexOf(waiter)
    waiter.retryAtMs = this.#pacer.expectedStartMs(waiter.ahead, now())
    waiter.toldAtMs = now()
    this.#serve()
    return waiter
  }

  /** Gets up without a turn, or with one that was granted and not used. Does nothing for a waiter whose turn is used. */
  leave(waiter: Waiter, usesTurn: boolean) {
    const { state } = waiter
    waiter.state = 'left'
    if (state === 'waiting') this.#remove(waiter)
    else if (state === 'granted' && !usesTurn) this.#pacer.abandoned()
    this.#serve()
  }

  /** The headers of an answer; `wasLetIn` for a call that came through this room. */
  accepted(limits: RateLimits | null, wasLetIn: boolean) {
    const nowMs = this.#options.now()
    if (wasLetIn) this.#pacer.accepted(limits, nowMs)
    else if (limits) this.#pacer.spent(limits, nowMs)
    this.#serve()
  }

  /** A call met the limit. Who waits in vain is told at once. */
  limited(error: ProviderError, wasLetIn: boolean) {
    this.#pacer.limited(error, wasLetIn, this.#options.now())
    this.#serve()
  }

  /** A call that came through this room ended without an answer about limits. */
  abandoned() {
    this.#pacer.abandoned()
    this.#serve()
  }

  #serve() {
    if (this.#queue.isEmpty) return this.#sleep()
    const nowMs = this.#options.now()
    this.#dismissLate(nowMs)
    while (!this.#queue.isEmpty && this.#pacer.nextStartMs() <= nowMs) {
      const waiter = this.#queue.take()
      if (!waiter) break
      this.#options.seats.free(waiter.workspaceId)
      this.#pacer.start(nowMs)
      waiter.grant()
    }
    if (this.#queue.isEmpty) return this.#sleep()
    this.#tell(nowMs)
    this.#wakeLater(nowMs)
  }

  #dismissLate(nowMs: number) {
    const hopelessMs = Math.max(nowMs, this.#pacer.knownOpeningMs - 1)
    const waiters = this.#queue.inOrder()
    for (const [ahead, waiter] of waiters.entries()) {
      if (waiter.deadlineMs > hopelessMs) continue
      this.#remove(waiter)
      waiter.state = 'left'
      const reason = waiter.deadlineMs <= nowMs ? 'waited_too_long' : 'limit_too_long'
      waiter.fail(this.#options.refuse(reason, this.#retryAfterMs(ahead)))
    }
  }

  #tell(nowMs: number) {
    const { tellEveryMs } = this.#options.limits
    for (const [ahead, waiter] of this.#queue.inOrder().entries())
      if (nowMs - waiter.toldAtMs >= tellEveryMs) waiter.tell(ahead, this.#pacer.expectedStartMs(ahead, nowMs), nowMs)
  }

  #remove(waiter: Waiter) {
    this.#queue.remove(waiter)
    this.#options.seats.free(waiter.workspaceId)
  }

  #sleep() {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #wakeLater(nowMs: number) {
    this.#sleep()
    const nextTellMs = nowMs + this.#options.limits.tellEveryMs
    const deadlines = this.#queue.inOrder().map(({ deadlineMs }) => deadlineMs)
    const nextMs = Math.min(this.#pacer.nextStartMs(), nextTellMs, ...deadlines)
    this.#timer = setTimeout(() => this.#serve(), Math.max(1, Math.ceil(nextMs - nowMs)))
  }

  #retryAfterMs(ahead: number): number {
    const nowMs = this.#options.now()
    const expectedMs = this.#pacer.expectedStartMs(ahead, nowMs) ?? this.#pacer.opensAtMs
    return Math.max(0, expectedMs - nowMs)
  }
}
