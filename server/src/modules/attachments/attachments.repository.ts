import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import type { Database, Tx } from '../../platform/database/database.ts'
import type { Scope } from '../../platform/scope.ts'
import { projects } from '../projects/projects.table.ts'
import { messages } from '../sessions/sessions.table.ts'
import { type AttachmentRow, attachments } from './attachments.table.ts'

export type NewAttachment = Pick<
  AttachmentRow,
  'id' | 'projectId' | 'kind' | 'bytes' | 'width' | 'height' | 'storageKey'
>

/** The project's id as it is stored; undefined where it is not the tenant's. */
export async function findProjectId(tx: Tx, scope: Scope, id: string): Promise<string | undefined> {
  const own = and(eq(projects.workspaceId, scope.workspaceId), eq(projects.id, id))
  const [row] = await tx.select({ id: projects.id }).from(projects).where(own)
  return row?.id
}

/** Whether there is such a project of the tenant; until the transaction ends, it is not deleted. */
export async function holdProject(tx: Tx, scope: Scope, id: string): Promise<boolean> {
  const own = and(eq(projects.workspaceId, scope.workspaceId), eq(projects.id, id))
  return (await tx.select({ id: projects.id }).from(projects).where(own).for('key share')).length > 0
}

/** Until the transaction ends, nobody else adds to the images of this workspace. */
export async function lockUsage(tx: Tx, scope: Scope): Promise<void> {
  await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`images of ${scope.workspaceId}`}, 0))`)
}

/** Of all images of the workspace. */
export async function bytesInUse(tx: Tx, scope: Scope): Promise<number> {
  const [row] = await tx
    .select({ bytes: sql<number>`coalesce(sum(${attachments.bytes}), 0)`.mapWith(Number) })
    .from(attachments)
    .where(eq(attachments.workspaceId, scope.workspaceId))
  return row?.bytes ?? 0
}

export async function insertAttachment(tx: Tx, scope: Scope, attachment: NewAttachment): Promise<AttachmentRow> {
  const [row] = await tx
    .insert(attachments)
    .values({ ...attachment, workspaceId: scope.workspaceId, createdBy: scope.userId })
    .returning()
  if (!row) throw new Error('the image was not stored')
  return row
}

export async function findAttachment(tx: Tx, scope: Scope, id: string): Promise<AttachmentRow | undefined> {
  const [row] = await tx
    .select()
    .from(attachments)
    .where(and(eq(attachments.workspaceId, scope.workspaceId), eq(attachments.id, id)))
  return row
}

/** The images of these messages, in their order. */
export async function findImagesOf(tx: Tx, scope: Scope, messageIds: string[]): Promise<AttachmentRow[]> {
  return tx
    .select()
    .from(attachments)
    .where(and(eq(attachments.workspaceId, scope.workspaceId), inArray(attachments.messageId, messageIds)))
    .orderBy(asc(attachments.messageId), asc(attachments.ordinal))
}

/** The keys of all images of a session. */
export async function findKeysOfSession(tx: Tx, scope: Scope, sessionId: string): Promise<string[]> {
  const rows = await tx
    .selectDistinct({ key: attachments.storageKey })
    .from(attachments)
    .innerJoin(messages, and(eq(messages.workspaceId, attachments.workspaceId), eq(messages.id, attachments.messageId)))
    .where(and(eq(attachments.workspaceId, scope.workspaceId), eq(messages.sessionId, sessionId)))
  return rows.map(({ key }) => key)
}

/** Forgets images that nobody sent within so long, of all workspaces; returns their keys. */
export async function forgetUnsent(db: Database, ageSeconds: number): Promise<string[]> {
  const rows = await db.call<{ key: string }>(
    'forget_unsent_attachments',
    'SELECT k.key FROM forget_unsent_attachments(make_interval(secs => $1)) AS k(key)',
    [ageSeconds],
  )
  return rows.map(({ key }) => key)
}

/** Which of these keys an image still has, of all workspaces. */
export async function keysInUse(db: Database, keys: { workspaceId: string; key: string }[]): Promise<Set<string>> {
  const rows = await db.call<{ key: string }>(
    'attachment_keys_in_use',
    'SELECT k.key FROM attachment_keys_in_use($1, $2) AS k(key)',
    [keys.map(({ workspaceId }) => workspaceId), keys.map(({ key }) => key)],
  )
  return new Set(rows.map(({ key }) => key))
}
