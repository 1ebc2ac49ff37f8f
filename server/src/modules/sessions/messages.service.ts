import type { Message, MessagesQuery } from '@chatbot-platform/contract'
import { z } from 'zod'
import type { Database, Tx } from '../../platform/database/database.ts'
import { invalid, notFound } from '../../platform/errors.ts'
import { decodeCursor, encodeCursor, type Page } from '../../platform/paging.ts'
import type { Scope } from '../../platform/scope.ts'
import { withAttachments } from '../attachments/to-attachment.ts'
import { withCitations } from '../knowledge/citations.ts'
import { findMessage, findPathThrough, listMessages, type RatedMessage } from './messages.repository.ts'
import { findSession } from './sessions.repository.ts'
import type { ChatSessionRow } from './sessions.table.ts'
import { toMessage } from './to-message.ts'

type Order = MessagesQuery['order']

/**
 * A position, the way on from it, and the end of the path that the pages follow: null for the session's own, so that
 * later messages appear; a message's id where the list began beside it.
 */
const messageCursor = z.tuple([z.int32(), z.enum(['next', 'prev']), z.guid().nullable()])
type MessageCursor = z.infer<typeof messageCursor>

/** Messages of sessions as they are stored, page by page along the path that a session shows. */
export function createMessagesService({ db }: { db: Database }) {
  return {
    /** Throws 404 for an unknown session, or a message in `around` that is not the session's; 422 for two beginnings. */
    messages(scope: Scope, sessionId: string, query: MessagesQuery): Promise<Page<Message>> {
      const { limit, order, around } = query
      const cursor = decodeCursor(query.cursor, messageCursor)
      if (cursor && around !== undefined) {
        throw invalid(['query', 'around'], 'Give either a cursor or `around`: each says where the page is.')
      }
      return db.read(scope, async (tx) => {
        const session = await findSession(tx, scope, sessionId)
        if (!session) throw notFound('session')
        if (around === undefined) return pageFrom(tx, scope, session, { limit, order, cursor })
        return pageAround(tx, scope, session, { limit, order, messageId: around })
      })
    },

    message(scope: Scope, id: string): Promise<Message> {
      return db.tenant(scope, async (tx) => {
        const row = await findMessage(tx, scope, id)
        if (!row) throw notFound('message')
        const [message] = await toMessages(tx, scope, [row])
        if (!message) throw notFound('message')
        return message
      })
    },
  }
}

/** Stored messages in wire form, with the caller's ratings, what they cite and their images. */
export async function toMessages(tx: Tx, scope: Scope, rows: RatedMessage[]): Promise<Message[]> {
  const messages = rows.map(({ message, rating, reason }) => ({
    ...toMessage(message),
    ...(rating === null ? {} : { feedback: { rating, reason } }),
  }))
  return withAttachments(tx, scope, await withCitations(tx, scope, messages))
}

interface Start {
  limit: number
  order: Order
  cursor: MessageCursor | undefined
}

async function pageFrom(tx: Tx, scope: Scope, session: ChatSessionRow, { limit, order, cursor }: Start) {
  const [beyond, way, otherEnd] = cursor ?? [undefined, 'next' as const, null]
  const rows = await listMessages(tx, scope, {
    sessionId: session.id,
    pathEnd: otherEnd ?? ownEnd(session),
    order: way === 'next' ? order : opposite(order),
    beyond,
    count: limit + 1,
  })
  const shown = rows.slice(0, limit)
  if (way === 'prev') shown.reverse()
  const more = rows.length > limit
  // The page that the cursor came from lies on its other side.
  return pageOf(tx, scope, shown, otherEnd, {
    prev: way === 'prev' ? more : cursor !== undefined,
    next: way === 'next' ? more : true,
  })
}

interface Place {
  limit: number
  order: Order
  messageId: string
}

/** Half a page of earlier messages, the one in question, and the rest of the page after it. */
async function pageAround(tx: Tx, scope: Scope, session: ChatSessionRow, { limit, order, messageId }: Place) {
  const found = await findMessage(tx, scope, messageId)
  if (found?.message.sessionId !== session.id) throw notFound('message')
  const end = ownEnd(session)
  const pathEnd = end === null ? null : await findPathThrough(tx, scope, found.message, end)
  const range = { sessionId: session.id, pathEnd }
  const half = Math.floor(limit / 2)
  const { seq } = found.message
  const before = await listMessages(tx, scope, { ...range, order: 'desc', beyond: seq, count: half + 1 })
  const after = await listMessages(tx, scope, { ...range, order: 'asc', beyond: seq - 1, count: limit - half + 1 })
  const shown = [...before.slice(0, half).reverse(), ...after.slice(0, limit - half)]
  const [isEarlier, isLater] = [before.length > half, after.length > limit - half]
  const otherEnd = pathEnd === end ? null : pathEnd
  if (order === 'asc') return pageOf(tx, scope, shown, otherEnd, { prev: isEarlier, next: isLater })
  return pageOf(tx, scope, shown.reverse(), otherEnd, { prev: isLater, next: isEarlier })
}

async function pageOf(
  tx: Tx,
  scope: Scope,
  rows: RatedMessage[],
  otherEnd: string | null,
  more: { prev: boolean; next: boolean },
): Promise<Page<Message>> {
  const cursor = (row: RatedMessage | undefined, way: 'next' | 'prev') =>
    row && more[way] ? encodeCursor([row.message.seq, way, otherEnd] satisfies MessageCursor) : null
  return {
    items: await toMessages(tx, scope, rows),
    nextCursor: cursor(rows.at(-1), 'next'),
    prevCursor: cursor(rows[0], 'prev'),
  }
}

/** The end of the path that a session shows; null where all its messages are on it. */
export function ownEnd({ branched, headMessageId }: ChatSessionRow): string | null {
  return branched ? headMessageId : null
}

function opposite(order: Order): Order {
  return order === 'asc' ? 'desc' : 'asc'
}
