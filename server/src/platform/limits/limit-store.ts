/** What one process has counted since it last told, and how many streams it has open. Keys are digests, each once. */
export interface CountsToShare {
  counts: { key: string; add: number; remainingMs: number }[]
  streams: { key: string; open: number }[]
}

/** What the keys of {@link CountsToShare} stand at, in any order. */
export interface SharedCounts {
  /** `total` is what all processes have counted in the window, which ends in `remainingMs`. */
  counts: { key: string; total: number; remainingMs: number }[]
  /** What the other processes have open. */
  streams: { key: string; elsewhere: number }[]
}

/**
 * Where processes bring their counts together. No request waits for it: while it is away each process counts by itself.
 * Whoever implements it adds `add` to a key's total, where its window is over begins a new one that ends in
 * `remainingMs`, and forgets what a process has open when it has been silent for 15 seconds.
 */
export interface LimitStore {
  exchange(given: CountsToShare): Promise<SharedCounts>
  /** Drops what has expired; called about once a minute. */
  forget(): Promise<void>
}
