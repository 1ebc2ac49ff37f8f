import { and, desc, eq, sql } from 'drizzle-orm'
import type { Tx } from '../../platform/database/database.ts'
import { olderThan } from '../../platform/database/keyset.ts'
import type { Scope } from '../../platform/scope.ts'
import { type ProjectRow, projects } from './projects.table.ts'

/** The columns a caller may write. */
export type ProjectFields = Pick<
  ProjectRow,
  'name' | 'description' | 'provider' | 'model' | 'temperature' | 'maxTokens' | 'fallbacks' | 'grounding'
>

export async function insertProject(tx: Tx, scope: Scope, id: string, fields: ProjectFields): Promise<ProjectRow> {
  const [row] = await tx
    .insert(projects)
    .values({ ...fields, id, workspaceId: scope.workspaceId })
    .returning()
  if (!row) throw new Error('the insert returned no row')
  return row
}

export async function findProject(tx: Tx, scope: Scope, id: string): Promise<ProjectRow | undefined> {
  const [row] = await tx.select().from(projects).where(own(scope, id))
  return row
}

/** Newest first; one row more than `limit`, to tell whether another page exists. */
export async function listProjects(
  tx: Tx,
  scope: Scope,
  limit: number,
  after: [string, string] | undefined,
): Promise<ProjectRow[]> {
  return tx
    .select()
    .from(projects)
    .where(and(eq(projects.workspaceId, scope.workspaceId), olderThan(projects.createdAt, projects.id, after)))
    .orderBy(desc(projects.createdAt), desc(projects.id))
    .limit(limit + 1)
}

export async function updateProject(
  tx: Tx,
  scope: Scope,
  id: string,
  fields: Partial<ProjectFields>,
): Promise<ProjectRow | undefined> {
  const [row] = await tx
    .update(projects)
    .set({ ...fields, updatedAt: sql`now()` })
    .where(own(scope, id))
    .returning()
  return row
}

/** True when a project was there to delete; its prompts and sessions go with it. */
export async function deleteProject(tx: Tx, scope: Scope, id: string): Promise<boolean> {
  const rows = await tx.delete(projects).where(own(scope, id)).returning({ id: projects.id })
  return rows.length > 0
}

function own(scope: Scope, id: string) {
  return and(eq(projects.workspaceId, scope.workspaceId), eq(projects.id, id))
}
