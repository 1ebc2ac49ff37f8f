const firstMs = 100
const longestMs = 30_000

/** How long to wait before a process is started again. */
export interface RestartPauses {
  /** Milliseconds, for a process that has ended after living this long. */
  after(livedMs: number): number
}

/** Doubles from 100 ms to 30 s while processes end young, and begins anew after one that has lived for a minute. */
export function createRestartPauses(grownUpMs = 60_000): RestartPauses {
  let pauseMs = 0
  return {
    after: (livedMs) => {
      pauseMs = livedMs >= grownUpMs || pauseMs === 0 ? firstMs : Math.min(longestMs, pauseMs * 2)
      return pauseMs
    },
  }
}
