import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Database } from '../../platform/database/database.ts'
import type { Logger } from '../../platform/logger.ts'
import { storeWords, takeUnindexed, type Unindexed } from './search.repository.ts'
import { toVector } from './words.ts'

interface Deps {
  db: Database
  logger: Logger
}

export type SearchIndexer = ReturnType<typeof createSearchIndexer>

const idleMs = 1000
/** With more to do it goes on sooner, but rests nine times as long as it worked: turns come first. */
const restPerWork = 9
const batchMessages = 500
const batchChars = 1_000_000
/** So much is read without letting requests in between. */
const charsAtOnce = 20_000

/**
 * Keeps the search index up with what is said, about a second behind, apart from the turns themselves. Where it stands
 * is in the database, so that nothing is left out when a process dies, and one process at a time does the work.
 */
export function createSearchIndexer({ db, logger }: Deps) {
  let timer: NodeJS.Timeout | undefined
  let working: Promise<number> = Promise.resolve(0)
  let closed = false
  let caughtUpAtMs = performance.now()

  return {
    open(): void {
      timer = setTimeout(tick, idleMs)
    },

    /** Indexes one batch of what is waiting; returns how many messages that were. Rejects when the database is away. */
    indexBatch(): Promise<number> {
      working = working.catch(() => 0).then(indexBatch)
      return working
    },

    /**
     * Milliseconds since a batch last took all that was waiting, which under load too is about every second; grows while
     * turns come faster than they are indexed, and while the database is away.
     */
    lagMs(): number {
      return performance.now() - caughtUpAtMs
    },

    async close(): Promise<void> {
      closed = true
      clearTimeout(timer)
      await working.catch(() => 0)
    },
  }

  async function tick(): Promise<void> {
    const began = performance.now()
    working = working.catch(() => 0).then(indexBatch)
    const isMore = await working.then(
      (count) => count > 0,
      (error: unknown) => {
        logger.warn({ err: error }, 'the search index could not be brought up to date; trying again')
        return false
      },
    )
    const restMs = (performance.now() - began) * restPerWork
    if (!closed) timer = setTimeout(tick, isMore ? restMs : Math.max(idleMs, restMs))
  }

  async function indexBatch(): Promise<number> {
    const messages = await takeUnindexed(db, batchMessages, batchChars)
    if (messages.length > 0) await storeWords(db, messages, await vectorsOf(messages))
    const chars = messages.reduce((sum, { content }) => sum + content.length, 0)
    if (messages.length < batchMessages && chars < batchChars) caughtUpAtMs = performance.now()
    return messages.length
  }
}

async function vectorsOf(messages: Unindexed[]): Promise<string[]> {
  const vectors: string[] = []
  let chars = 0
  for (const { content } of messages) {
    vectors.push(toVector(content))
    chars += content.length
    if (chars < charsAtOnce) continue
    chars = 0
    await nextTurn()
  }
  return vectors
}
