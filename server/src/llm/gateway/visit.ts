import type { CallOptions, RateLimits } from '../provider.ts'
import { isRateLimit, verdictOf } from './failure-rules.ts'
import type { Lane } from './lane.ts'

/** With others to ask, a provider gets one more chance at once; alone, all that it is configured for. */
const besideOthers = { retriesRateLimits: false, maxRetries: 1, maxRetryAfterMs: 0 }
const alone = { retriesRateLimits: false }
const probe = { retriesRateLimits: false, maxRetries: 0 }

export interface VisitOptions {
  /** The call came through the model's waiting room, which wants to know how it went. */
  wasLetIn: boolean
  hasOthers: boolean
}

/** One call to one provider, as its breaker and its waiting room see it. */
export class Visit {
  /** To make the call with. */
  readonly options: CallOptions
  readonly #lane: Lane
  readonly #model: string
  readonly #ticket: number
  readonly #isProbe: boolean
  #owesRoom: boolean
  #owesBreaker = true

  /** Throws `ProviderError` `provider_unavailable` while the breaker is open. */
  constructor(lane: Lane, model: string, { wasLetIn, hasOthers }: VisitOptions) {
    this.#lane = lane
    this.#model = model
    this.#owesRoom = wasLetIn
    this.#isProbe = !lane.breaker.isClosed
    try {
      this.#ticket = lane.enter()
    } catch (error) {
      this.#settleRoom()
      throw error
    }
    lane.active++
    const retry = this.#isProbe ? probe : hasOthers ? besideOthers : alone
    this.options = { retry, onAccepted: (limits) => this.#accepted(limits) }
  }

  /** The first token has come. */
  started() {
    if (this.#owesRoom) this.#accepted(null)
    if (this.#isProbe) this.#lane.report(this.#ticket, 'up', null)
  }

  finished() {
    if (this.#owesRoom) this.#accepted(null)
    this.#owesBreaker = false
    this.#lane.report(this.#ticket, 'up', null)
  }

  failed(error: unknown) {
    this.#owesBreaker = false
    this.#lane.report(this.#ticket, verdictOf(error), error)
    if (!isRateLimit(error)) return
    const wasLetIn = this.#owesRoom
    this.#owesRoom = false
    this.#lane.limited(this.#model, error, wasLetIn)
  }

  /** Has to follow, however the call went. */
  end() {
    this.#lane.active--
    this.#settleRoom()
    if (this.#owesBreaker) this.#lane.report(this.#ticket, 'unclear', null)
  }

  #accepted(limits: RateLimits | null) {
    const wasLetIn = this.#owesRoom
    if (limits === null && !wasLetIn) return
    this.#owesRoom = false
    this.#lane.accepted(this.#model, limits, wasLetIn)
  }

  #settleRoom() {
    if (this.#owesRoom) this.#lane.roomOf(this.#model)?.abandoned()
    this.#owesRoom = false
  }
}
