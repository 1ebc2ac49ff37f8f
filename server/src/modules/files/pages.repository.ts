import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Tx } from '../../platform/database/database.ts'
import type { Scope } from '../../platform/scope.ts'
import { type FileRow, files } from './files.table.ts'

/** A web source, as far as its pages are concerned. */
export interface PageSource {
  id: string
  projectId: string
  createdBy: string
}

export type PageFields = Pick<
  FileRow,
  'id' | 'name' | 'url' | 'etag' | 'lastModified' | 'kind' | 'bytes' | 'sha256' | 'storageKey'
>

/** What is known of the pages of a source. */
export async function listPages(tx: Tx, scope: Scope, sourceId: string) {
  const { id, url, etag, lastModified, sha256, name, bytes, storageKey } = files
  return tx
    .select({ id, url, etag, lastModified, sha256, name, bytes, storageKey })
    .from(files)
    .where(ofSource(scope, sourceId))
}

/** Adds a page, or gives it another content; either way it waits to be read, and a reading under way loses its claim. */
export async function putPage(tx: Tx, scope: Scope, source: PageSource, page: PageFields): Promise<FileRow> {
  const { id: _, url: __, ...content } = page
  const { workspaceId } = scope
  const { id: sourceId, projectId, createdBy } = source
  const [row] = await tx
    .insert(files)
    .values({ ...page, workspaceId, sourceId, projectId, createdBy })
    .onConflictDoUpdate({
      target: [files.workspaceId, files.sourceId, files.url],
      targetWhere: sql`source_id IS NOT NULL`,
      set: {
        ...content,
        contentVersion: sql`${files.contentVersion} + 1`,
        epoch: sql`${files.epoch} + 1`,
        state: 'queued',
        ...{ progressDone: null, progressTotal: null, errorCode: null, errorDetail: null },
        updatedAt: sql`now()`,
      },
    })
    .returning()
  if (!row) throw new Error('the page was neither added nor changed')
  return row
}

/** By which its server recognises the page as the one that is stored. */
export async function setPageVersion(
  tx: Tx,
  scope: Scope,
  sourceId: string,
  { url, etag, lastModified }: Pick<FileRow, 'etag' | 'lastModified'> & { url: string },
): Promise<void> {
  await tx
    .update(files)
    .set({ etag, lastModified })
    .where(and(ofSource(scope, sourceId), eq(files.url, url)))
}

/** Returns where their contents are stored. */
export async function deletePages(tx: Tx, scope: Scope, sourceId: string, urls: string[]): Promise<string[]> {
  const rows = await tx
    .delete(files)
    .where(and(ofSource(scope, sourceId), inArray(files.url, urls)))
    .returning({ storageKey: files.storageKey })
  return rows.map(({ storageKey }) => storageKey)
}

function ofSource(scope: Scope, sourceId: string) {
  return and(eq(files.workspaceId, scope.workspaceId), eq(files.sourceId, sourceId))
}
