import { and, desc, eq, lt, sql } from 'drizzle-orm'
import type { Tx } from '../../platform/database/database.ts'
import type { Scope } from '../../platform/scope.ts'
import { projects } from '../projects/projects.table.ts'
import { type PromptRow, prompts } from './prompts.table.ts'

/** The account that wrote a version. */
export interface PromptAuthor {
  id: string
  email: string
}

/** Reserves the project's next version number, locking the project until the transaction ends; undefined without such a project. */
export async function takeVersion(tx: Tx, scope: Scope, projectId: string): Promise<number | undefined> {
  const [row] = await tx
    .update(projects)
    .set({ nextPromptVersion: sql`${projects.nextPromptVersion} + 1` })
    .where(ownProject(scope, projectId))
    .returning({ next: projects.nextPromptVersion })
  return row && row.next - 1
}

export async function insertPrompt(
  tx: Tx,
  scope: Scope,
  fields: Pick<PromptRow, 'id' | 'projectId' | 'version' | 'content' | 'createdBy'>,
): Promise<PromptRow> {
  const [row] = await tx
    .insert(prompts)
    .values({ ...fields, workspaceId: scope.workspaceId })
    .returning()
  if (!row) throw new Error('the insert returned no row')
  return row
}

/** Makes a version the system prompt. */
export async function setActivePrompt(tx: Tx, scope: Scope, projectId: string, promptId: string): Promise<void> {
  await tx.update(projects).set({ activePromptId: promptId, updatedAt: sql`now()` }).where(ownProject(scope, projectId))
}

/** The project's active prompt id (null: none yet), or undefined without such a project. */
export async function findActivePromptId(tx: Tx, scope: Scope, projectId: string): Promise<string | null | undefined> {
  const [row] = await tx.select({ id: projects.activePromptId }).from(projects).where(ownProject(scope, projectId))
  return row?.id
}

export async function findPrompt(tx: Tx, scope: Scope, projectId: string, id: string): Promise<PromptRow | undefined> {
  const [row] = await tx
    .select()
    .from(prompts)
    .where(and(eq(prompts.workspaceId, scope.workspaceId), eq(prompts.projectId, projectId), eq(prompts.id, id)))
  return row
}

/** Newest version first; one row more than `limit`. */
export async function listPrompts(
  tx: Tx,
  scope: Scope,
  projectId: string,
  limit: number,
  beforeVersion: number | undefined,
): Promise<PromptRow[]> {
  const older = beforeVersion === undefined ? undefined : lt(prompts.version, beforeVersion)
  return tx
    .select()
    .from(prompts)
    .where(and(eq(prompts.workspaceId, scope.workspaceId), eq(prompts.projectId, projectId), older))
    .orderBy(desc(prompts.version))
    .limit(limit + 1)
}

/** Who wrote these versions, by the version's id; those whose account is gone are missing. */
export async function findAuthors(tx: Tx, promptIds: string[]): Promise<Map<string, PromptAuthor>> {
  const rows = await tx.execute<PromptAuthor & { prompt_id: string }>(
    sql`SELECT prompt_id, id, email FROM prompt_authors(${sql.param(promptIds)}::uuid[])`,
    'objects',
  )
  return new Map(rows.map(({ prompt_id, id, email }) => [prompt_id, { id, email }]))
}

function ownProject(scope: Scope, projectId: string) {
  return and(eq(projects.workspaceId, scope.workspaceId), eq(projects.id, projectId))
}
