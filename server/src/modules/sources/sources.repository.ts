import { and, count, desc, eq, sql } from 'drizzle-orm'
import type { Tx } from '../../platform/database/database.ts'
import { olderThan } from '../../platform/database/keyset.ts'
import type { Scope } from '../../platform/scope.ts'
import { files } from '../files/files.table.ts'
import { projects } from '../projects/projects.table.ts'
import { type SourceRow, sources } from './sources.table.ts'

export type NewSource = Pick<SourceRow, 'id' | 'projectId' | 'kind' | 'url' | 'refreshHours'>

/** The project's id as it is stored; undefined where it is not the tenant's. */
export async function findProjectId(tx: Tx, scope: Scope, id: string): Promise<string | undefined> {
  const own = and(eq(projects.workspaceId, scope.workspaceId), eq(projects.id, id))
  const [row] = await tx.select({ id: projects.id }).from(projects).where(own)
  return row?.id
}

/**
 * Until the transaction ends, the project is not deleted. Whoever changes sources with their files takes this first, in
 * the order in which a project's deletion does.
 */
export async function holdProject(tx: Tx, scope: Scope, id: string): Promise<void> {
  const own = and(eq(projects.workspaceId, scope.workspaceId), eq(projects.id, id))
  await tx.select({ id: projects.id }).from(projects).where(own).for('key share')
}

/** Until the transaction ends, nobody else adds a source to this project. */
export async function lockSources(tx: Tx, projectId: string): Promise<void> {
  await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`sources of ${projectId}`}, 0))`)
}

export async function findSourceByUrl(tx: Tx, scope: Scope, projectId: string, url: string) {
  const [row] = await tx
    .select({ id: sources.id })
    .from(sources)
    .where(and(inProject(scope, projectId), eq(sources.url, url)))
  return row
}

export async function countSources(tx: Tx, scope: Scope, projectId: string): Promise<number> {
  const [row] = await tx.select({ sources: count() }).from(sources).where(inProject(scope, projectId))
  return row?.sources ?? 0
}

export async function insertSource(tx: Tx, scope: Scope, source: NewSource): Promise<SourceRow> {
  const [row] = await tx
    .insert(sources)
    .values({ ...source, workspaceId: scope.workspaceId, createdBy: scope.userId })
    .returning()
  if (!row) throw new Error('the insert returned no row')
  return row
}

export async function findSource(tx: Tx, scope: Scope, projectId: string, id: string): Promise<SourceRow | undefined> {
  const [row] = await tx
    .select()
    .from(sources)
    .where(own(scope, projectId, id))
  return row
}

/** Newest first; one row more than `limit`, to tell whether another page exists. */
export async function listSources(
  tx: Tx,
  scope: Scope,
  projectId: string,
  { limit, after }: { limit: number; after: [string, string] | undefined },
): Promise<SourceRow[]> {
  return tx
    .select()
    .from(sources)
    .where(and(inProject(scope, projectId), olderThan(sources.createdAt, sources.id, after)))
    .orderBy(desc(sources.createdAt), desc(sources.id))
    .limit(limit + 1)
}

/** The next reading is that much after the last one; one that is waiting or under way sets it when it ends. */
export async function setRefreshHours(
  tx: Tx,
  scope: Scope,
  projectId: string,
  id: string,
  refreshHours: number | null,
): Promise<SourceRow | undefined> {
  const nextCrawlAt = refreshHours === null ? null : sql`last_crawled_at + make_interval(hours => ${refreshHours}::int)`
  const [row] = await tx
    .update(sources)
    .set({ refreshHours, nextCrawlAt })
    .where(own(scope, projectId, id))
    .returning()
  return row
}

/** Has a source read again, unless a reading waits or is under way; the row as it then is. */
export async function requeueSource(
  tx: Tx,
  scope: Scope,
  projectId: string,
  id: string,
): Promise<SourceRow | undefined> {
  const isIdle = sql`${sources.state} IN ('ready', 'failed')`
  const [row] = await tx
    .update(sources)
    .set({ state: 'queued', ...withoutError, updatedAt: sql`now()` })
    .where(and(own(scope, projectId, id), isIdle))
    .returning()
  return row ?? findSource(tx, scope, projectId, id)
}

/** Deletes a source with its files; where the contents of those are stored, or undefined where there is none such. */
export async function deleteSource(tx: Tx, scope: Scope, projectId: string, id: string): Promise<string[] | undefined> {
  await holdProject(tx, scope, projectId)
  const [held] = await tx
    .select({ id: sources.id })
    .from(sources)
    .where(own(scope, projectId, id))
    .for('update')
  if (!held) return undefined
  const stored = await tx
    .select({ storageKey: files.storageKey })
    .from(files)
    .where(and(eq(files.workspaceId, scope.workspaceId), eq(files.sourceId, held.id)))
  await tx.delete(sources).where(own(scope, projectId, id))
  return stored.map(({ storageKey }) => storageKey)
}

export const withoutError = { errorCode: null, errorDetail: null }

function inProject(scope: Scope, projectId: string) {
  return and(eq(sources.workspaceId, scope.workspaceId), eq(sources.projectId, projectId))
}

function own(scope: Scope, projectId: string, id: string) {
  return and(inProject(scope, projectId), eq(sources.id, id))
}
