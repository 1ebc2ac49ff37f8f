/** What one process has counted since it last told, and how many streams it has open. Keys are digests, each once. */
export interface CountsToShare {
  counts: CountToShare[]
  streams: { key: string; open: number }[]
}

export interface CountToShare {
  key: string
  /** Counted since the store was last told. */
  add: number
  /** Counted by this process in the whole window, whichever store heard of it: what another store would have to know. */
  own: number
  /** Whether a store has been told of this window before, so that `remainingMs` is what the store said. */
  isKnown: boolean
  remainingMs: number
}

/** What the keys of {@link CountsToShare} stand at, in any order. */
export interface SharedCounts {
  /**
   * `total` is what all processes have counted in the window, which ends in `remainingMs`. `own` is this process's part,
   * where the store knows it.
   */
  counts: { key: string; total: number; remainingMs: number; own?: number }[]
  /** What the other processes have open. */
  streams: { key: string; elsewhere: number }[]
  /** Where this comes from, of a store that has {@link LimitStore.place}. */
  place?: Place
}

export type Place = 'redis' | 'postgres'

/**
 * Windows whose ends are further apart than this are two windows. Ends differ by what a message takes, windows by most
 * of their length, which is a minute at least.
 */
export const windowToleranceMs = 2000

/** How long after a move the old totals count as well: until every process has noticed and told its part. */
export const settlingMs = 3000

/**
 * Where processes bring their counts together. No request waits for it: while it is away each process counts by itself.
 * Whoever implements it adds `add` to a key's total, where its window is over begins a new one that ends in
 * `remainingMs`, and forgets what a process has open when it has been silent for 15 seconds.
 */
export interface LimitStore {
  /** Of a store that has two: where it would count now. The other one may know nothing, so it is told everything anew. */
  place?(): Place
  exchange(given: CountsToShare): Promise<SharedCounts>
  /** Drops what has expired; called about once a minute. */
  forget(): Promise<void>
}
