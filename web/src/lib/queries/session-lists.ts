import type { ListPage } from '@chatbot-platform/client'
import type { ChatSession } from '@chatbot-platform/contract'

/** The conversations of a bot as far as they are loaded, both lists latest activity first. */
export interface SessionLists {
  /** All that are pinned. */
  pinned: ChatSession[]
  /** The others, without a gap from the latest on. */
  recent: ChatSession[]
  /** Leads on from the end of `recent`; null where that is all. */
  nextCursor: string | null
}

/**
 * The lists after their beginning was read again, so that a refresh costs the same however much is loaded. What is older
 * than the fresh page stays as it was known, unless so much is new that there would be a gap between the two.
 */
export function refreshed(
  known: SessionLists | undefined,
  pinned: ChatSession[],
  fresh: ListPage<ChatSession>,
): SessionLists {
  const lists = { pinned, recent: fresh.items, nextCursor: fresh.nextCursor }
  const [first] = known?.recent ?? []
  const last = fresh.items.at(-1)
  if (!known || !first || !last || fresh.nextCursor === null || compare(first, last) > 0) return lists
  const taken = new Set([...pinned, ...fresh.items].map(({ id }) => id))
  const older = known.recent.filter((session) => compare(last, session) < 0 && !taken.has(session.id))
  if (older.length === 0) return lists
  return { pinned, recent: [...fresh.items, ...older], nextCursor: known.nextCursor }
}

/** The lists with another page at their end. */
export function extended(known: SessionLists, page: ListPage<ChatSession>): SessionLists {
  const taken = new Set([...known.pinned, ...known.recent].map(({ id }) => id))
  const added = page.items.filter(({ id }) => !taken.has(id))
  return { ...known, recent: [...known.recent, ...added].sort(compare), nextCursor: page.nextCursor }
}

/** The lists with this state of a session in its place. */
export function withSession(known: SessionLists, session: ChatSession): SessionLists {
  const { pinned, recent, nextCursor } = without(known, session.id)
  if (session.pinned) return { pinned: [...pinned, session].sort(compare), recent, nextCursor }
  return { pinned, recent: [...recent, session].sort(compare), nextCursor }
}

/** The lists without a session. */
export function without(known: SessionLists, id: string): SessionLists {
  const isOther = (session: ChatSession) => session.id !== id
  return { ...known, pinned: known.pinned.filter(isOther), recent: known.recent.filter(isOther) }
}

/** The order of the server: latest activity first, then the greater id. */
function compare(a: ChatSession, b: ChatSession): number {
  if (a.updated_at !== b.updated_at) return a.updated_at > b.updated_at ? -1 : 1
  return a.id > b.id ? -1 : a.id < b.id ? 1 : 0
}
