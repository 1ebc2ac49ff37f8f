import { and, desc, eq } from 'drizzle-orm'
import type { Tx } from '../../platform/database/database.ts'
import { olderThan } from '../../platform/database/keyset.ts'
import type { Scope } from '../../platform/scope.ts'
import { projects } from '../projects/projects.table.ts'
import { type ChatSessionRow, chatSessions } from './sessions.table.ts'

export async function projectExists(tx: Tx, scope: Scope, id: string): Promise<boolean> {
  const rows = await tx
    .select({ id: projects.id })
    .from(projects)
    .where(and(eq(projects.workspaceId, scope.workspaceId), eq(projects.id, id)))
  return rows.length > 0
}

interface SessionFilter {
  /** Only pinned sessions, or only those that are not; undefined for both. */
  pinned: boolean | undefined
  limit: number
  after: [string, string] | undefined
}

/** Latest activity first; one row more than `limit`. */
export async function listSessions(
  tx: Tx,
  scope: Scope,
  projectId: string,
  { pinned, limit, after }: SessionFilter,
): Promise<ChatSessionRow[]> {
  return tx
    .select()
    .from(chatSessions)
    .where(
      and(
        eq(chatSessions.workspaceId, scope.workspaceId),
        eq(chatSessions.projectId, projectId),
        pinned === undefined ? undefined : eq(chatSessions.pinned, pinned),
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

function ownSession(scope: Scope, id: string) {
  return and(eq(chatSessions.workspaceId, scope.workspaceId), eq(chatSessions.id, id))
}
