import { digestOf } from './digest.ts'
import { type SharedCounts, settlingMs } from './limit-store.ts'
import type { CountsOptions } from './window-counts.ts'

export interface StreamCapOptions {
  name: string
  /** How many streams a key may have open at once. */
  limit: number
}

/** A cap on what is open at once, per key. */
export interface StreamCap {
  /** Opens one and returns what closes it (once, however often it is called), or `null` where there is no room. */
  open(key: string): (() => void) | null
}

interface Opened {
  digest: string
  limit: number
  here: number
  /** What the store has of this process. */
  told: number
  elsewhere: number
  toldAtMs: number
  /** Until then the others have at least what they had before. */
  heldUntilMs: number
  forget: () => void
}

/** What the store is told of one key. */
interface Telling {
  entry: Opened
  key: string
  open: number
}

/** Three times within the 15 seconds after which the store forgets a process. */
const refreshMs = 5000

/** What this process has open, and which of it the store should hear of. */
export class StreamCounts {
  private readonly opened = new Set<Opened>()
  private readonly options: CountsOptions

  constructor(options: CountsOptions) {
    this.options = options
  }

  streams({ name, limit }: StreamCapOptions): StreamCap {
    const entries = new Map<string, Opened>()
    const begin = (key: string): Opened => {
      const count = { here: 0, told: 0, elsewhere: 0, toldAtMs: this.options.now(), heldUntilMs: 0 }
      const entry = { digest: digestOf(name, key), limit, ...count, forget: () => void entries.delete(key) }
      entries.set(key, entry)
      this.opened.add(entry)
      return entry
    }
    return {
      open: (key) => {
        const entry = entries.get(key) ?? begin(key)
        if (entry.here + entry.elsewhere >= limit) return null
        entry.here += 1
        if (isNearCap(entry) && entry.here > entry.told) this.options.wake()
        let isOpen = true
        return () => {
          if (!isOpen) return
          isOpen = false
          entry.here -= 1
          if (!this.options.isShared && entry.here === 0) this.forget(entry)
        }
      },
    }
  }

  /** What should be told now, at most so many keys; forgets keys of which nothing is open anywhere. */
  takeDue(maxKeys: number): Telling[] {
    const nowMs = this.options.now()
    const telling: Telling[] = []
    for (const entry of this.opened) {
      if (isIdle(entry)) this.forget(entry)
      else if (telling.length < maxKeys && isDue(entry, nowMs)) {
        telling.push({ entry, key: entry.digest, open: entry.here })
      }
    }
    return telling
  }

  learn(told: Telling[], streams: SharedCounts['streams']): void {
    const nowMs = this.options.now()
    const byKey = new Map(streams.map(({ key, elsewhere }) => [key, elsewhere]))
    for (const { entry, key, open } of told) {
      const heard = byKey.get(key) ?? 0
      entry.told = open
      entry.elsewhere = entry.heldUntilMs > nowMs ? Math.max(heard, entry.elsewhere) : heard
      entry.toldAtMs = nowMs
    }
  }

  /** The store is another one: everything is told again, and until the others have done so they keep what they had. */
  retell(): void {
    for (const entry of this.opened) {
      entry.toldAtMs = Number.NEGATIVE_INFINITY
      entry.heldUntilMs = this.options.now() + settlingMs
    }
  }

  private forget(entry: Opened): void {
    this.opened.delete(entry)
    entry.forget()
  }
}

function isIdle({ here, told, elsewhere }: Opened): boolean {
  return here === 0 && told === 0 && elsewhere === 0
}

function isNearCap({ here, elsewhere, limit }: Opened): boolean {
  return (here + elsewhere) * 2 >= limit
}

function isDue(entry: Opened, nowMs: number): boolean {
  return entry.here !== entry.told || isNearCap(entry) || nowMs - entry.toldAtMs >= refreshMs
}
