import type { SharedRedis } from '../redis/redis.ts'
import { type CountsToShare, type LimitStore, type SharedCounts, windowToleranceMs } from './limit-store.ts'

interface DegradingOptions {
  redis: Pick<SharedRedis, 'isUp'>
  /** In Redis. */
  first: LimitStore
  /** What a process tells it in a window adds up; it does not know who told what. */
  otherwise: LimitStore
  /** Milliseconds since 1970. */
  now?: () => number
}

/** Redis while it answers, else PostgreSQL, and at once: an exchange that fails at the one goes to the other. */
export function createDegradingLimitStore({ redis, first, otherwise, now = Date.now }: DegradingOptions): LimitStore {
  const told = new Parts(now)

  return {
    place: () => (redis.isUp ? 'redis' : 'postgres'),
    async exchange(given) {
      if (redis.isUp) {
        // The connection says why in the log.
        const learned = await first.exchange(given).catch(() => null)
        if (learned !== null) return { ...learned, place: 'redis' }
      }
      const counts = given.counts.map((count) => told.missing(count))
      const learned = await otherwise.exchange({ ...given, counts })
      return { ...learned, counts: told.remember(counts, learned.counts), place: 'postgres' }
    },
    async forget() {
      told.forget()
      await Promise.all([first.forget(), otherwise.forget()])
    },
  }
}

type Counts = CountsToShare['counts']

/** What a store that adds up has been told of each window, so that it is told the rest and nothing twice. */
class Parts {
  private readonly parts = new Map<string, { own: number; endsAtMs: number }>()
  private readonly now: () => number

  constructor(now: () => number) {
    this.now = now
  }

  missing(count: Counts[number]): Counts[number] {
    const part = count.isKnown ? this.parts.get(count.key) : undefined
    return { ...count, add: part && part.endsAtMs > this.now() ? count.own - part.own : count.own }
  }

  /** With each answer, what is this process's part in the window that the store speaks of. */
  remember(sent: Counts, learned: SharedCounts['counts']): SharedCounts['counts'] {
    const byKey = new Map(sent.map((count) => [count.key, count]))
    return learned.map((count) => {
      const asked = byKey.get(count.key)
      if (!asked) return count
      // The window before had ended in the store, and what was told is in the next one.
      const isNext = asked.isKnown && count.remainingMs > asked.remainingMs + windowToleranceMs
      const own = isNext ? asked.add : asked.own
      this.parts.set(count.key, { own, endsAtMs: this.now() + count.remainingMs + windowToleranceMs })
      return { ...count, own }
    })
  }

  forget(): void {
    const nowMs = this.now()
    for (const [key, { endsAtMs }] of this.parts) if (endsAtMs <= nowMs) this.parts.delete(key)
  }
}
