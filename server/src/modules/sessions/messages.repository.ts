import { and, asc, desc, eq, gt, inArray, lt, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../../platform/database/database.ts'
import type { Scope } from '../../platform/scope.ts'
import { findNewestBelow } from '../chat/message-tree.repository.ts'
import { messageFeedback } from '../feedback/message-feedback.table.ts'
import { type MessageRow, messages } from './sessions.table.ts'

/** A message with what the caller thinks of it. */
export interface RatedMessage {
  message: MessageRow
  rating: 'up' | 'down' | null
  reason: string | null
}

/** Some messages of a session, in one direction. */
export interface MessageRange {
  sessionId: string
  /** The end of the path to follow, from the first message on; null for every message, on whatever path. */
  pathEnd: string | null
  order: 'asc' | 'desc'
  /** The position before the first one wanted; undefined to begin at the end. */
  beyond: number | undefined
  count: number
}

export function listMessages(tx: Tx, scope: Scope, range: MessageRange): Promise<RatedMessage[]> {
  const { sessionId, pathEnd, order, beyond, count } = range
  const isBeyond = order === 'asc' ? gt : lt
  return selectRated(tx, scope)
    .where(
      and(
        eq(messages.workspaceId, scope.workspaceId),
        eq(messages.sessionId, sessionId),
        beyond === undefined ? undefined : isBeyond(messages.seq, beyond),
        pathEnd === null ? undefined : inArray(messages.id, pathTo(scope, pathEnd, range)),
      ),
    )
    .orderBy(order === 'asc' ? asc(messages.seq) : desc(messages.seq))
    .limit(count)
}

export async function findMessage(tx: Tx, scope: Scope, id: string): Promise<RatedMessage | undefined> {
  const [row] = await selectRated(tx, scope).where(
    and(eq(messages.workspaceId, scope.workspaceId), eq(messages.id, id)),
  )
  return row
}

/** The end of a path through a message: the session's own where the message is on it, else the newest one through it. */
export async function findPathThrough(tx: Tx, scope: Scope, message: MessageRow, sessionsEnd: string): Promise<string> {
  const isOnPath = await tx
    .select({ id: messages.id })
    .from(messages)
    .where(
      and(
        eq(messages.workspaceId, scope.workspaceId),
        eq(messages.id, message.id),
        inArray(messages.id, pathTo(scope, sessionsEnd, { order: 'asc', beyond: message.seq - 1, count: 1 })),
      ),
    )
  return isOnPath.length > 0 ? sessionsEnd : findNewestBelow(tx, scope, message)
}

/** Where a session begins: its first message of a user. */
export async function findFirstQuestion(tx: Tx, scope: Scope, sessionId: string): Promise<string | undefined> {
  const [row] = await tx
    .select({ content: messages.content })
    .from(messages)
    .where(
      and(eq(messages.workspaceId, scope.workspaceId), eq(messages.sessionId, sessionId), eq(messages.role, 'user')),
    )
    .orderBy(asc(messages.seq))
    .limit(1)
  return row?.content
}

function selectRated(tx: Tx, scope: Scope) {
  return tx
    .select({ message: messages, rating: messageFeedback.rating, reason: messageFeedback.reason })
    .from(messages)
    .leftJoin(
      messageFeedback,
      and(
        eq(messageFeedback.workspaceId, messages.workspaceId),
        eq(messageFeedback.messageId, messages.id),
        eq(messageFeedback.userId, scope.userId),
      ),
    )
    .$dynamic()
}

/** The ids on the way from the first message to `pathEnd`, walked from its end no further than the range needs. */
function pathTo(scope: Scope, pathEnd: string, range: Pick<MessageRange, 'order' | 'beyond' | 'count'>): SQL {
  const { order, beyond, count } = range
  const goesOn = order === 'asc' && beyond !== undefined ? sql`p.seq > ${beyond}` : sql`true`
  const isWanted = order === 'desc' && beyond !== undefined ? sql`path.seq < ${beyond}` : sql`true`
  const wanted = order === 'desc' ? sql`LIMIT ${count}` : sql``
  return sql`(
    WITH RECURSIVE path AS (
      SELECT m.id, m.parent_id, m.seq FROM messages m WHERE m.workspace_id = ${scope.workspaceId} AND m.id = ${pathEnd}
      UNION ALL
      SELECT m.id, m.parent_id, m.seq FROM path p
        JOIN messages m ON m.workspace_id = ${scope.workspaceId} AND m.id = p.parent_id WHERE ${goesOn}
    ) SELECT path.id FROM path WHERE ${isWanted} ${wanted})`
}
