/** The gateway's numbers; tests shorten the times. */
export interface GatewayLimits {
  /** Consecutive failures that open a breaker, and the time within which they must have come. */
  breakerFailures: number
  breakerWindowMs: number
  /** How long a breaker stays open at first and, doubling each time, at most; give or take a fifth. */
  breakerCooldownMs: number
  breakerMaxCooldownMs: number
  /** Requests that may wait for one provider, in all and of one workspace. */
  maxWaiting: number
  maxWaitingPerWorkspace: number
  /** What someone in front of a chat may be asked to wait for a provider's limit, all waits of one call together. */
  maxWaitMs: number
  /** The shortest time between two `waiting` events of one call. */
  tellEveryMs: number
  /** How long after its last rate limit a model is still approached with care: the vendors' limits are by the minute. */
  cautionMs: number
  /** The first pause after a rate limit that names no time, doubling while it goes on. */
  pauseMs: number
}

export const defaultGatewayLimits: GatewayLimits = {
  breakerFailures: 5,
  breakerWindowMs: 30_000,
  breakerCooldownMs: 5000,
  breakerMaxCooldownMs: 60_000,
  maxWaiting: 100,
  maxWaitingPerWorkspace: 20,
  maxWaitMs: 30_000,
  tellEveryMs: 1000,
  cautionMs: 60_000,
  pauseMs: 1000,
}
