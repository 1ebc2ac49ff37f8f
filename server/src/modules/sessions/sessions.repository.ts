import { and, asc, desc, eq, gt, lt } from 'drizzle-orm'
import type { Tx } from '../../platform/database/database.ts'
import { olderThan } from '../../platform/database/keyset.ts'
import type { Scope } from '../../platform/scope.ts'
import { projects } from '../projects/projects.table.ts'
import { type ChatSessionRow, chatSessions, type MessageRow, messages } from './sessions.table.ts'

export async function projectExists(tx: Tx, scope: Scope, id: string): Promise<boolean> {
  const rows = await tx
    .select({ id: projects.id })
    .from(projects)
    .where(and(eq(projects.workspaceId, scope.workspaceId), eq(projects.id, id)))
  return rows.length > 0
}

/** Latest activity first; one row more than `limit`. */
export async function listSessions(
  tx: Tx,
  scope: Scope,
  projectId: string,
  limit: number,
  after: [string, string] | undefined,
): Promise<ChatSessionRow[]> {
  return tx
    .select()
    .from(chatSessions)
    .where(
      and(
        eq(chatSessions.workspaceId, scope.workspaceId),
        eq(chatSessions.projectId, projectId),
        olderThan(chatSessions.updatedAt, chatSessions.id, after),
      ),
    )
    .orderBy(desc(chatSessions.updatedAt), desc(chatSessions.id))
    .limit(limit + 1)
}

export async function findSession(tx: Tx, scope: Scope, id: string): Promise<ChatSessionRow | undefined> {
  const [row] = await tx.select().from(chatSessions).where(ownSession(scope, id))
  return row
}

export async function updateSession(
  tx: Tx,
  scope: Scope,
  id: string,
  fields: Partial<Pick<ChatSessionRow, 'title' | 'pinned'>>,
): Promise<ChatSessionRow | undefined> {
  if (Object.keys(fields).length === 0) return findSession(tx, scope, id)
  const [row] = await tx.update(chatSessions).set(fields).where(ownSession(scope, id)).returning()
  return row
}

/** True when a session was there to delete; its messages go with it. */
export async function deleteSession(tx: Tx, scope: Scope, id: string): Promise<boolean> {
  const rows = await tx.delete(chatSessions).where(ownSession(scope, id)).returning({ id: chatSessions.id })
  return rows.length > 0
}

/** By position; one row more than `limit`. `after` is the position of the last message already shown. */
export async function listMessages(
  tx: Tx,
  scope: Scope,
  sessionId: string,
  page: { limit: number; order: 'asc' | 'desc'; after: number | undefined },
): Promise<MessageRow[]> {
  const beyond = page.order === 'asc' ? gt : lt
  return tx
    .select()
    .from(messages)
    .where(
      and(
        eq(messages.workspaceId, scope.workspaceId),
        eq(messages.sessionId, sessionId),
        page.after === undefined ? undefined : beyond(messages.seq, page.after),
      ),
    )
    .orderBy(page.order === 'asc' ? asc(messages.seq) : desc(messages.seq))
    .limit(page.limit + 1)
}

export async function findMessage(tx: Tx, scope: Scope, id: string): Promise<MessageRow | undefined> {
  const [row] = await tx
    .select()
    .from(messages)
    .where(and(eq(messages.workspaceId, scope.workspaceId), eq(messages.id, id)))
  return row
}

function ownSession(scope: Scope, id: string) {
  return and(eq(chatSessions.workspaceId, scope.workspaceId), eq(chatSessions.id, id))
}
