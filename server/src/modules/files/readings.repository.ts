import type { FileError } from '@chatbot-platform/contract'
import { and, count, eq, inArray, isNotNull, ne, or, sql } from 'drizzle-orm'
import type { Database, Tx } from '../../platform/database/database.ts'
import type { Scope } from '../../platform/scope.ts'
import { type FileRow, files } from './files.table.ts'

/** A reading of a document that has a claim to it. */
export type Claim = Pick<FileRow, 'id' | 'epoch'>

/** What is known of a document once it has been read. */
export type ReadFields = Pick<FileRow, 'kind' | 'title' | 'pages' | 'characters' | 'language' | 'encoding' | 'passages'>

const underWay = ['queued', 'reading', 'embedding'] as const
const noProgress = { progressDone: null, progressTotal: null }

/**
 * Takes a document for a new reading, from whoever may still be at it; undefined where there is nothing to read, as the
 * document is gone or its state is final.
 */
export async function claimFile(tx: Tx, scope: Scope, id: string): Promise<FileRow | undefined> {
  const [row] = await tx
    .update(files)
    .set({ state: 'reading', epoch: sql`${files.epoch} + 1`, ...noProgress, updatedAt: sql`now()` })
    .where(and(eq(files.workspaceId, scope.workspaceId), eq(files.id, id), inArray(files.state, underWay)))
    .returning()
  return row
}

/** Notes how far the reading is; false once it has no claim any more. */
export async function noteProgress(
  tx: Tx,
  scope: Scope,
  claim: Claim,
  progress: { state: 'reading' | 'embedding'; done: number; total: number | null },
): Promise<boolean> {
  const { state, done, total } = progress
  const rows = await tx
    .update(files)
    .set({ state, progressDone: done, progressTotal: total, updatedAt: sql`now()` })
    .where(claimed(scope, claim))
    .returning({ id: files.id })
  return rows.length > 0
}

/** Holds the document for the rest of the transaction; false if the reading has no claim any more. */
export async function lockClaim(tx: Tx, scope: Scope, claim: Claim): Promise<boolean> {
  const rows = await tx.select({ id: files.id }).from(files).where(claimed(scope, claim)).for('update')
  return rows.length > 0
}

/** Ends a reading with a result, and with what it lacks, if anything. */
export async function storeReading(
  tx: Tx,
  scope: Scope,
  claim: Claim,
  fields: ReadFields,
  lack: FileError | null,
): Promise<void> {
  const done = {
    state: 'ready' as const,
    ...noProgress,
    errorCode: lack?.code ?? null,
    errorDetail: lack?.detail ?? null,
  }
  await tx
    .update(files)
    .set({ ...fields, ...done, version: sql`content_version`, updatedAt: sql`now()`, indexedAt: sql`now()` })
    .where(claimed(scope, claim))
}

/** Ends a reading without a result: for good, or until it is tried again. */
export async function storeFailure(
  tx: Tx,
  scope: Scope,
  claim: Claim,
  state: 'failed' | 'queued',
  { code, detail }: FileError,
): Promise<void> {
  await tx
    .update(files)
    .set({ state, ...noProgress, errorCode: code, errorDetail: detail, updatedAt: sql`now()` })
    .where(claimed(scope, claim))
}

/**
 * The same without a claim, for a document whose readings all died. One that waits and has no error was put into the
 * queue since then, by another job.
 */
export async function storeDeath(tx: Tx, scope: Scope, id: string, { code, detail }: FileError): Promise<void> {
  await tx
    .update(files)
    .set({ state: 'failed', ...noProgress, errorCode: code, errorDetail: detail, updatedAt: sql`now()` })
    .where(
      and(
        eq(files.workspaceId, scope.workspaceId),
        eq(files.id, id),
        inArray(files.state, underWay),
        or(ne(files.state, 'queued'), isNotNull(files.errorCode)),
      ),
    )
}

/** How many documents of the workspace are being read or wait for it, `most` at most. */
export async function countUnderWay(tx: Tx, scope: Scope, most: number): Promise<number> {
  const found = tx
    .select({ id: files.id })
    .from(files)
    .where(and(eq(files.workspaceId, scope.workspaceId), inArray(files.state, underWay)))
    .limit(most)
  const [row] = await tx.select({ count: count() }).from(found.as('found'))
  return row?.count ?? 0
}

/** Documents under way that nobody has touched for so long, of all workspaces. */
export async function filesUnderWay(db: Database, untouchedSeconds: number) {
  return db.call<{ workspace_id: string; id: string }>(
    'files_under_way',
    'SELECT * FROM files_under_way(make_interval(secs => $1))',
    [untouchedSeconds],
  )
}

/**
 * Documents that can be found and have no vector of this model, of all workspaces, the oldest readings first; not those
 * that the model has failed within the half hour.
 */
export function filesWithoutVectors(db: Database, model: string, limit: number) {
  return db.call<{ workspace_id: string; project_id: string; id: string }>(
    'files_without_vectors',
    'SELECT * FROM files_without_vectors($1, $2)',
    [model, limit],
  )
}

/** Which of these keys a document still has, of all workspaces. */
export async function storageKeysInUse(
  db: Database,
  keys: { workspaceId: string; fileId: string; key: string }[],
): Promise<Set<string>> {
  const rows = await db.call<{ key: string }>(
    'storage_keys_in_use',
    'SELECT k.key FROM storage_keys_in_use($1, $2, $3) AS k(key)',
    [keys.map(({ workspaceId }) => workspaceId), keys.map(({ fileId }) => fileId), keys.map(({ key }) => key)],
  )
  return new Set(rows.map(({ key }) => key))
}

function claimed(scope: Scope, { id, epoch }: Claim) {
  return and(
    eq(files.workspaceId, scope.workspaceId),
    eq(files.id, id),
    eq(files.epoch, epoch),
    inArray(files.state, underWay),
  )
}
