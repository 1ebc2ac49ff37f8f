/** Random choices that a seed repeats. */
export interface Random {
  /** From 0 up to, but not including, 1. */
  next(): number
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number
  /** One of the items; undefined where there is none. */
  oneOf<T>(items: readonly T[]): T | undefined
  /** One of the entries, each as often as its weight says. */
  weighted<T extends string>(weights: Record<T, number>): T
}

/** Mulberry32 (https://github.com/bryc/code/blob/master/jshash/PRNGs.md): small, and good enough to spread load. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    next,
    oneOf: (items) => items[Math.floor(next() * items.length)],
    between: (min, max) => min + Math.floor(next() * (max - min + 1)),
    weighted: <T extends string>(weights: Record<T, number>) => {
      const entries = Object.entries<number>(weights) as [T, number][]
      let left = next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
      for (const [name, weight] of entries) {
        left -= weight
        if (left < 0) return name
      }
      throw new Error('there is nothing to choose from')
    },
  }
}
