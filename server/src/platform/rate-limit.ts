import { isIPv6 } from 'node:net'
import { AppError } from './errors.ts'
import { createLimits, type Limits } from './limits/limits.ts'
import { createTurns } from './turns.ts'

export interface RateLimitOptions {
  /** Names it among the limits that the processes share. */
  name?: string
  /** How many takes a key has in one window. */
  points: number
  windowSeconds: number
  /** How many keys are remembered; the one that was quiet longest is forgotten first. */
  maxKeys?: number
}

/** Counts in windows that begin with a key's first take. */
export interface RateLimit {
  /** Takes one of the key's points; throws 429 `rate_limited` with `Retry-After` when none is left. */
  take(key: string): Promise<void>
  /** Gives one back. */
  giveBack(key: string): Promise<void>
  /** Gives all back. */
  reset(key: string): Promise<void>
}

/** A limit per key with bounded memory; of this process alone unless `limits` are shared. */
export function createRateLimit(
  { name = 'attempts', points, ...options }: RateLimitOptions,
  limits: Pick<Limits, 'window'> = createLimits({ store: null }),
): RateLimit {
  const limit = limits.window({ name, limit: points, ...options })
  return {
    take: async (key) => {
      const { refused, resetMs } = limit.take(key)
      if (refused) throw tooMany(resetMs)
    },
    giveBack: async (key) => limit.giveBack(key),
    reset: async (key) => limit.reset(key),
  }
}

/** Bounds wrong guesses while right ones are free. */
export interface FailureLimit {
  /**
   * Runs `check`, which answers undefined for a wrong guess. Throws 429 `rate_limited` without running it when the key
   * has guessed wrong too often; a right guess clears the key.
   */
  attempt<T>(key: string, check: () => Promise<T | undefined>): Promise<T | undefined>
}

/** Guesses of one key run one after the other, so that parallel ones cannot slip past the limit together. */
export function createFailureLimit(options: RateLimitOptions, limits?: Pick<Limits, 'window'>): FailureLimit {
  const limit = createRateLimit({ name: 'failures', ...options }, limits)
  const oneByOne = createTurns()
  return {
    attempt: (key, check) =>
      oneByOne(key, async () => {
        await limit.take(key)
        try {
          const result = await check()
          if (result !== undefined) await limit.reset(key)
          return result
        } catch (error) {
          // Not a guess: nothing was found out.
          await limit.giveBack(key)
          throw error
        }
      }),
  }
}

/**
 * What a client is counted by: its IPv4 address, or the /64 network of its IPv6 address, which one customer usually has
 * to itself (RFC 6177).
 */
export function addressKey(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.split('::')
  const first = head.split(':').filter(Boolean)
  const last = tail?.split(':').filter(Boolean) ?? []
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length)
  const groups = [...first, ...Array.from({ length: zeros }, () => '0'), ...last]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

function tooMany(waitMs: number): AppError {
  return new AppError('rate_limited', 'Too many attempts. Wait before the next one.', {
    retryAfterSeconds: Math.ceil(waitMs / 1000),
  })
}
