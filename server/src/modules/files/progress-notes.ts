import type { Logger } from '../../platform/logger.ts'

export interface ReadingProgress {
  state: 'reading' | 'embedding'
  done: number
  total: number | null
}

/** So often at most is something written. */
const pauseMs = 500

/** Writes down how far a reading is, now and then: the latest of what it is told, one after the other. */
export function createProgressNotes(write: (progress: ReadingProgress) => Promise<void>, logger: Pick<Logger, 'warn'>) {
  let latest: ReadingProgress | undefined
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined
  let stopped = false

  return {
    note(progress: ReadingProgress): void {
      latest = progress
      if (writing === undefined && timer === undefined) flush()
    },

    /** Nothing is written after this has resolved. */
    async stop(): Promise<void> {
      stopped = true
      clearTimeout(timer)
      await writing
    },
  }

  function flush(): void {
    timer = undefined
    if (latest === undefined || stopped) return
    const progress = latest
    latest = undefined
    writing = write(progress)
      .catch((error: unknown) => logger.warn({ err: error }, 'the progress of a reading could not be stored'))
      .then(() => {
        writing = undefined
        if (!stopped) timer = setTimeout(flush, pauseMs)
      })
  }
}
