import { LRUCache } from 'lru-cache'
import { digestOf } from './digest.ts'
import { type CountToShare, type SharedCounts, settlingMs } from './limit-store.ts'

export interface WindowLimitOptions {
  /** Names the limit in headers and in the store. */
  name: string
  /** How many takes a key has in one window. */
  limit: number
  windowSeconds: number
  /** How many keys are remembered; the one that was quiet longest is forgotten first. */
  maxKeys?: number
}

/** How a key stands. */
export interface Standing {
  /** Of the limit, as {@link WindowLimitOptions} has it. */
  name: string
  limit: number
  remaining: number
  /** Until the window ends. */
  resetMs: number
  refused: boolean
}

/** A limit per key, in windows that begin with a key's first take. */
export interface WindowLimit {
  /** Takes one, or says `refused` where none is left. */
  take(key: string): Standing
  /** Takes one also where none is left: of what has happened already. */
  charge(key: string): void
  /** Gives one back. */
  giveBack(key: string): void
  /** Gives all back. */
  reset(key: string): void
}

interface Counted {
  digest: string
  limit: number
  /** The window's total in the store as far as known, what this process told included. */
  shared: number
  /** Taken here and not told yet. */
  untold: number
  /** Taken here in this window. */
  own: number
  /** Whether the store has heard of this window. */
  isKnown: boolean
  /** Whether the store has to hear of it although nothing was taken since. */
  isRetold: boolean
  /** What `shared` was in another store, which counts at least until then. */
  floor: number
  floorUntilMs: number
  /** What is told at once rather than with the next tick: a hundredth of the limit. */
  step: number
  endsAtMs: number
  toldAtMs: number
}

/** A count on its way to the store. */
interface Telling extends CountToShare {
  entry: Counted
}

export interface CountsOptions {
  now: () => number
  /** Whether there are other processes to tell. */
  isShared: boolean
  /** Asks for an exchange soon. */
  wake: () => void
}

/** A key far from its limit may be told this late; it saves most of the writing. */
const lazyMs = 2000

/** The counts of all window limits of this process, and which of them the store should hear of. */
export class WindowCounts {
  private readonly due = new Set<Counted>()
  private readonly windows: Pick<LRUCache<string, Counted>, 'values'>[] = []
  private readonly options: CountsOptions

  constructor(options: CountsOptions) {
    this.options = options
  }

  window({ name, limit, windowSeconds, maxKeys = 50_000 }: WindowLimitOptions): WindowLimit {
    const { now } = this.options
    const windowMs = windowSeconds * 1000
    const step = Math.max(1, Math.floor(limit / 100))
    const entries = new LRUCache<string, Counted>({ max: maxKeys })
    this.windows.push(entries)
    const find = (key: string, nowMs: number): Counted => {
      const entry = entries.get(key)
      if (entry && entry.endsAtMs > nowMs) return entry
      // A new one rather than the old one emptied: an exchange that is on its way speaks of the old window.
      const times = { toldAtMs: nowMs, endsAtMs: nowMs + windowMs }
      const begun = { digest: entry?.digest ?? digestOf(name, key), limit, step, ...nothing, ...times }
      entries.set(key, begun)
      return begun
    }
    return {
      take: (key) => {
        const nowMs = now()
        const entry = find(key, nowMs)
        const left = limit - entry.shared - entry.untold
        const resetMs = entry.endsAtMs - nowMs
        if (left <= 0) return { name, limit, remaining: 0, resetMs, refused: true }
        this.add(entry, 1)
        return { name, limit, remaining: left - 1, resetMs, refused: false }
      },
      charge: (key) => this.add(find(key, now()), 1),
      giveBack: (key) => this.add(find(key, now()), -1),
      reset: (key) => {
        const entry = find(key, now())
        this.add(entry, -(entry.shared + entry.untold))
      },
    }
  }

  /** Whether a key has moved so far that the others should hear of it at once. */
  get isUrgent(): boolean {
    for (const { untold, step, isRetold } of this.due) if (isRetold || Math.abs(untold) >= step) return true
    return false
  }

  /** Takes what should be told now, at most so many keys. */
  takeDue(maxKeys: number): Telling[] {
    const nowMs = this.options.now()
    const telling: Telling[] = []
    for (const entry of this.due) {
      const remainingMs = entry.endsAtMs - nowMs
      if (remainingMs <= 0 || (entry.untold === 0 && !entry.isRetold)) this.due.delete(entry)
      else if (telling.length < maxKeys && isDue(entry, nowMs)) {
        this.due.delete(entry)
        const { digest: key, untold: add, own, isKnown } = entry
        telling.push({ entry, key, add, own, isKnown, remainingMs })
      }
    }
    return telling
  }

  /** `askedAtMs`: so that no window ends later here than in the store, which would hear of it in its next one. */
  learn(told: Telling[], counts: SharedCounts['counts'], askedAtMs: number): void {
    const nowMs = this.options.now()
    const byKey = new Map(counts.map((count) => [count.key, count]))
    for (const { entry, key, add, own } of told) {
      const count = byKey.get(key)
      if (!count) continue
      entry.untold -= add
      if (count.own !== undefined) entry.own += count.own - own
      entry.floor = entry.floorUntilMs > nowMs ? entry.floor + add : 0
      entry.shared = Math.max(0, count.total, entry.floor)
      entry.endsAtMs = askedAtMs + count.remainingMs
      entry.toldAtMs = nowMs
      entry.isKnown = true
      entry.isRetold = false
    }
  }

  /** The store is another one: what matters of each window is told again, and until then nothing that was known is forgotten. */
  retell(): void {
    const nowMs = this.options.now()
    for (const entries of this.windows) {
      for (const entry of entries.values()) {
        if (entry.endsAtMs <= nowMs) continue
        entry.floor = entry.shared
        entry.floorUntilMs = nowMs + settlingMs
        if (entry.own === 0 || (Math.abs(entry.own) < entry.step && !isNearLimit(entry))) continue
        entry.isRetold = true
        this.due.add(entry)
      }
    }
  }

  /** They could not be told: next time. */
  putBack(telling: Telling[]): void {
    for (const { entry } of telling) this.due.add(entry)
  }

  private add(entry: Counted, count: number): void {
    entry.untold += count
    entry.own += count
    if (!this.options.isShared) return
    this.due.add(entry)
    if (Math.abs(entry.untold) >= entry.step) this.options.wake()
  }
}

const nothing = { shared: 0, untold: 0, own: 0, isKnown: false, isRetold: false, floor: 0, floorUntilMs: 0 }

function isDue(entry: Counted, nowMs: number): boolean {
  if (entry.isRetold || Math.abs(entry.untold) >= entry.step || isNearLimit(entry)) return true
  return nowMs - entry.toldAtMs >= lazyMs
}

function isNearLimit({ shared, untold, limit }: Counted): boolean {
  return (shared + untold) * 2 >= limit
}
