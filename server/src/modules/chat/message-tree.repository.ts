import { and, asc, eq, gte, isNull } from 'drizzle-orm'
import type { Tx } from '../../platform/database/database.ts'
import type { Scope } from '../../platform/scope.ts'
import { chatSessions, type MessageRow, messages } from '../sessions/sessions.table.ts'

export async function findMessage(tx: Tx, scope: Scope, id: string): Promise<MessageRow | undefined> {
  const [row] = await tx
    .select()
    .from(messages)
    .where(and(eq(messages.workspaceId, scope.workspaceId), eq(messages.id, id)))
  return row
}

/** The messages with the same parent, oldest first; a message that never got a sibling stands alone. */
export async function findSiblings(tx: Tx, scope: Scope, message: MessageRow): Promise<MessageRow[]> {
  if (!message.forked) return [message]
  const sameParent = message.parentId === null ? isNull(messages.parentId) : eq(messages.parentId, message.parentId)
  return tx
    .select()
    .from(messages)
    .where(
      and(
        eq(messages.workspaceId, scope.workspaceId),
        eq(messages.sessionId, message.sessionId),
        sameParent,
        eq(messages.forked, true),
      ),
    )
    .orderBy(asc(messages.seq))
}

/** The newest message below this one, or itself: where the path through it ends. */
export async function findNewestBelow(tx: Tx, scope: Scope, message: MessageRow): Promise<string> {
  const later = await tx
    .select({ id: messages.id, parentId: messages.parentId })
    .from(messages)
    .where(
      and(
        eq(messages.workspaceId, scope.workspaceId),
        eq(messages.sessionId, message.sessionId),
        gte(messages.seq, message.seq),
      ),
    )
    .orderBy(asc(messages.seq))
  const below = new Set([message.id])
  let newest = message.id
  for (const { id, parentId } of later) {
    if (parentId === null || !below.has(parentId)) continue
    below.add(id)
    newest = id
  }
  return newest
}

/** Keeps turns of a session out until the transaction ends. */
export async function lockSession(tx: Tx, scope: Scope, sessionId: string): Promise<void> {
  await tx
    .select({ id: chatSessions.id })
    .from(chatSessions)
    .where(and(eq(chatSessions.workspaceId, scope.workspaceId), eq(chatSessions.id, sessionId)))
    .for('update')
}

/** Makes a message the end of the session's path. */
export async function setHead(tx: Tx, scope: Scope, sessionId: string, messageId: string): Promise<void> {
  await tx
    .update(chatSessions)
    .set({ headMessageId: messageId })
    .where(and(eq(chatSessions.workspaceId, scope.workspaceId), eq(chatSessions.id, sessionId)))
}
