/** The texts of a path, newest first: role, text, role, text, … */
export type History = readonly string[]

/** A path up to a message, as far back as a turn reads. */
export interface KnownPath {
  /** The message that it ends with. */
  endId: string
  history: History
}

export interface HistoryCacheOptions {
  /** How far back a turn reads. */
  maxMessages: number
  maxChars: number
  /** Of all paths together, in characters; a character takes one byte or two. */
  capacity: number
  /** Milliseconds of a clock that never goes back. */
  now?: () => number
}

/** Most who answer do so by then; who comes later costs a read. So memory follows the conversations that are held. */
const forgetAfterMs = 600_000
/** What a text and a path take beside the characters, about. */
const textOverhead = 32
const pathOverhead = 300

export type HistoryCache = ReturnType<typeof createHistoryCache>

/**
 * The paths of the sessions that were talked to last, so that a turn need not read them again. The path up to a final
 * message never changes, so an entry is right for as long as the session still goes on from its end; that the database
 * says with every turn, whoever moved the session meanwhile.
 */
export function createHistoryCache({
  maxMessages,
  maxChars,
  capacity,
  now = () => performance.now(),
}: HistoryCacheOptions) {
  /** The one that was remembered first comes first. */
  const paths = new Map<string, KnownPath & { size: number; atMs: number }>()
  let size = 0

  return {
    /** In characters, as the capacity. */
    get size(): number {
      return size
    },

    /** The path of a session as this process last saw it. */
    find(sessionId: string): KnownPath | undefined {
      return paths.get(sessionId)
    },

    /** Remembers a session's path up to `endId`, of which `added` is newer than `before`; both newest first. */
    remember(sessionId: string, endId: string, added: History, before: History): void {
      forget(sessionId)
      const { history, chars } = bounded([...added, ...before])
      const nowMs = now()
      const entry = { endId, history, size: chars + history.length * textOverhead + pathOverhead, atMs: nowMs }
      paths.set(sessionId, entry)
      size += entry.size
      for (const [oldest, { atMs }] of paths) {
        if (size <= capacity && nowMs - atMs < forgetAfterMs) break
        forget(oldest)
      }
    },
  }

  function forget(sessionId: string): void {
    size -= paths.get(sessionId)?.size ?? 0
    paths.delete(sessionId)
  }

  /** As the database would have read it. */
  function bounded(history: string[]): { history: History; chars: number } {
    let chars = 0
    for (let index = 1; index < history.length; index += 2) {
      const more = history[index]?.length ?? 0
      if (chars + more > maxChars || index > 2 * maxMessages) return { history: history.slice(0, index - 1), chars }
      chars += more
    }
    return { history, chars }
  }
}
