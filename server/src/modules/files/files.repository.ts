import type { FileState } from '@chatbot-platform/contract'
import { and, asc, count, desc, eq, gte, lt, sql } from 'drizzle-orm'
import type { Tx } from '../../platform/database/database.ts'
import { olderThan } from '../../platform/database/keyset.ts'
import type { Scope } from '../../platform/scope.ts'
import { type PassageRow, passages } from '../knowledge/passages.table.ts'
import { projects } from '../projects/projects.table.ts'
import type { FileUsage } from './file-limits.ts'
import { type FileRow, files } from './files.table.ts'

export type NewFile = Pick<FileRow, 'id' | 'projectId' | 'name' | 'kind' | 'bytes' | 'sha256' | 'storageKey'>

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

/** Until the transaction ends, nobody else adds to what this workspace stores. */
export async function lockUsage(tx: Tx, scope: Scope): Promise<void> {
  await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`files of ${scope.workspaceId}`}, 0))`)
}

export async function usageOf(tx: Tx, scope: Scope, projectId: string): Promise<FileUsage> {
  const ofProject = sql`FILTER (WHERE ${files.projectId} = ${projectId})`
  const [row] = await tx
    .select({
      projectFiles: sql<number>`count(*) ${ofProject}`.mapWith(Number),
      projectBytes: sql<number>`coalesce(sum(${files.bytes}) ${ofProject}, 0)`.mapWith(Number),
      workspaceBytes: sql<number>`coalesce(sum(${files.bytes}), 0)`.mapWith(Number),
    })
    .from(files)
    .where(eq(files.workspaceId, scope.workspaceId))
  return row ?? { projectFiles: 0, projectBytes: 0, workspaceBytes: 0 }
}

/** The upload with this content, if the project has it. */
export async function findUpload(tx: Tx, scope: Scope, projectId: string, sha256: string) {
  const [row] = await tx
    .select()
    .from(files)
    .where(and(inProject(scope, projectId), eq(files.sha256, sha256), sql`${files.sourceId} IS NULL`))
  return row
}

/** Undefined when the project has an upload with this content. */
export async function insertFile(tx: Tx, scope: Scope, file: NewFile): Promise<FileRow | undefined> {
  const [row] = await tx
    .insert(files)
    .values({ ...file, workspaceId: scope.workspaceId, createdBy: scope.userId })
    .onConflictDoNothing()
    .returning()
  return row
}

export async function findFile(tx: Tx, scope: Scope, projectId: string, id: string): Promise<FileRow | undefined> {
  const [row] = await tx
    .select()
    .from(files)
    .where(own(scope, projectId, id))
  return row
}

/** Newest first; one row more than `limit`, to tell whether another page exists. */
export async function listFiles(
  tx: Tx,
  scope: Scope,
  projectId: string,
  page: {
    limit: number
    after: [string, string] | undefined
    state: FileState | undefined
    sourceId: string | undefined
  },
): Promise<FileRow[]> {
  const { limit, after, state, sourceId } = page
  return tx
    .select()
    .from(files)
    .where(
      and(
        inProject(scope, projectId),
        olderThan(files.createdAt, files.id, after),
        state && eq(files.state, state),
        sourceId === undefined ? undefined : eq(files.sourceId, sourceId),
      ),
    )
    .orderBy(desc(files.createdAt), desc(files.id))
    .limit(limit + 1)
}

export async function deleteFile(tx: Tx, scope: Scope, projectId: string, id: string): Promise<FileRow | undefined> {
  const [row] = await tx
    .delete(files)
    .where(own(scope, projectId, id))
    .returning()
  return row
}

/** Puts a document back into the queue; a reading that is under way loses its claim. */
export async function requeueFile(tx: Tx, scope: Scope, projectId: string, id: string): Promise<FileRow | undefined> {
  const [row] = await tx
    .update(files)
    .set({
      state: 'queued',
      epoch: sql`${files.epoch} + 1`,
      ...{ progressDone: null, progressTotal: null, errorCode: null, errorDetail: null },
      updatedAt: sql`now()`,
    })
    .where(own(scope, projectId, id))
    .returning()
  return row
}

/** How many documents a project has by state, and what they hold. */
export async function countFiles(tx: Tx, scope: Scope, projectId: string) {
  return tx
    .select({
      state: files.state,
      files: count(),
      bytes: sql<number>`coalesce(sum(${files.bytes}), 0)`.mapWith(Number),
      passages: sql<number>`coalesce(sum(${files.passages}), 0)`.mapWith(Number),
    })
    .from(files)
    .where(inProject(scope, projectId))
    .groupBy(files.state)
}

/** Passages of a document from an ordinal on, or the ones before it; in their order, at most `limit`. */
export async function listPassages(
  tx: Tx,
  scope: Scope,
  fileId: string,
  { at, way, limit }: { at: number; way: 'next' | 'prev'; limit: number },
): Promise<PassageRow[]> {
  const isNext = way === 'next'
  const rows = await tx
    .select()
    .from(passages)
    .where(
      and(
        eq(passages.workspaceId, scope.workspaceId),
        eq(passages.fileId, fileId),
        isNext ? gte(passages.ordinal, at) : lt(passages.ordinal, at),
      ),
    )
    .orderBy(isNext ? asc(passages.ordinal) : desc(passages.ordinal))
    .limit(limit)
  return isNext ? rows : rows.reverse()
}

function inProject(scope: Scope, projectId: string) {
  return and(eq(files.workspaceId, scope.workspaceId), eq(files.projectId, projectId))
}

function own(scope: Scope, projectId: string, id: string) {
  return and(inProject(scope, projectId), eq(files.id, id))
}
