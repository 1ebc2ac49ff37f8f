import { and, asc, desc, eq, sql } from 'drizzle-orm'
import type { Tx } from '../../platform/database/database.ts'
import { olderThan } from '../../platform/database/keyset.ts'
import type { Scope } from '../../platform/scope.ts'
import { memberships } from '../users/workspaces.table.ts'
import { type AuditEventRow, auditEvents } from './audit-events.table.ts'

/** Needs a transaction in this workspace. */
export async function insertEvent(tx: Tx, event: Omit<AuditEventRow, 'createdAt'>): Promise<void> {
  await tx.insert(auditEvents).values(event)
}

/**
 * Moves an identity transaction of this user into the workspace whose log keeps what happens to the account, the personal
 * one; undefined for a user who is a member of none.
 */
export async function enterHomeWorkspace(tx: Tx, userId: string): Promise<string | undefined> {
  const [home] = await tx
    .select({ id: memberships.workspaceId })
    .from(memberships)
    .where(eq(memberships.userId, userId))
    .orderBy(asc(memberships.createdAt), asc(memberships.workspaceId))
    .limit(1)
  if (home !== undefined) await tx.execute(sql`SELECT set_config('app.workspace_id', ${home.id}, true)`)
  return home?.id
}

export async function isOwner(tx: Tx, scope: Scope): Promise<boolean> {
  const [membership] = await tx
    .select({ role: memberships.role })
    .from(memberships)
    .where(and(eq(memberships.workspaceId, scope.workspaceId), eq(memberships.userId, scope.userId)))
  return membership?.role === 'owner'
}

/** Newest first; one row more than `limit`. */
export async function listEvents(
  tx: Tx,
  scope: Scope,
  limit: number,
  after: [string, string] | undefined,
): Promise<AuditEventRow[]> {
  return tx
    .select()
    .from(auditEvents)
    .where(and(eq(auditEvents.workspaceId, scope.workspaceId), olderThan(auditEvents.createdAt, auditEvents.id, after)))
    .orderBy(desc(auditEvents.createdAt), desc(auditEvents.id))
    .limit(limit + 1)
}
