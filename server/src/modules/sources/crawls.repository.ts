import type { FileError, Source } from '@chatbot-platform/contract'
import { and, count, eq, gt, inArray, isNotNull, ne, or, sql } from 'drizzle-orm'
import type { Database, Tx } from '../../platform/database/database.ts'
import type { Scope } from '../../platform/scope.ts'
import { holdProject, withoutError } from './sources.repository.ts'
import { type SourceRow, sources } from './sources.table.ts'

/** A reading of a source that has a claim to it. */
export type Claim = Pick<SourceRow, 'id' | 'projectId' | 'epoch'>

const underWay = ['queued', 'crawling'] as const
/** A reading writes more often than this; one that does not has died. */
const aliveMinutes = 3
/** The pauses after failures grow up to this, or to the source's own. */
const longestBackOffHours = 168

/**
 * Takes a source for a new reading, from whoever may still be at it. `busy` where the workspace has `atOnce` readings of
 * others under way; undefined where there is nothing to read, as the source is gone or has been read.
 */
export async function claimSource(
  tx: Tx,
  scope: Scope,
  id: string,
  atOnce: number,
): Promise<SourceRow | 'busy' | undefined> {
  await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`crawls of ${scope.workspaceId}`}, 0))`)
  const [others] = await tx
    .select({ crawling: count() })
    .from(sources)
    .where(
      and(
        eq(sources.workspaceId, scope.workspaceId),
        eq(sources.state, 'crawling'),
        ne(sources.id, id),
        gt(sources.updatedAt, sql`now() - make_interval(mins => ${aliveMinutes})`),
      ),
    )
  if ((others?.crawling ?? 0) >= atOnce) return 'busy'
  const [row] = await tx
    .update(sources)
    .set({
      state: 'crawling',
      epoch: sql`${sources.epoch} + 1`,
      ...{ pagesRead: 0, pagesUnchanged: 0, pagesSkipped: 0, pagesFailed: 0 },
      ...withoutError,
      updatedAt: sql`now()`,
    })
    .where(and(eq(sources.workspaceId, scope.workspaceId), eq(sources.id, id), inArray(sources.state, underWay)))
    .returning()
  return row
}

/** Holds the source for the rest of the transaction and notes how far its reading is; false without a claim. */
export async function noteCrawl(tx: Tx, scope: Scope, claim: Claim, pages: Source['pages']): Promise<boolean> {
  await holdProject(tx, scope, claim.projectId)
  const rows = await tx
    .update(sources)
    .set({ ...columnsOf(pages), updatedAt: sql`now()` })
    .where(claimed(scope, claim))
    .returning({ id: sources.id })
  return rows.length > 0
}

/**
 * Ends a reading, and says when the next is due: after the source's own pause, which failures that follow each other
 * double up to a week.
 */
export async function endCrawl(
  tx: Tx,
  scope: Scope,
  claim: Claim,
  { state, error, pages }: { state: 'ready' | 'failed'; error: FileError | null; pages: Source['pages'] },
): Promise<void> {
  const pause = sql`least(refresh_hours * power(2, least(failures, 10)), greatest(refresh_hours, ${longestBackOffHours}))`
  const hours = state === 'ready' ? sql`refresh_hours` : pause
  await tx
    .update(sources)
    .set({
      ...{ state, ...columnsOf(pages), errorCode: error?.code ?? null, errorDetail: error?.detail ?? null },
      failures: state === 'ready' ? 0 : sql`${sources.failures} + 1`,
      nextCrawlAt: sql`now() + make_interval(hours => (${hours})::int)`,
      ...{ lastCrawledAt: sql`now()`, updatedAt: sql`now()` },
    })
    .where(claimed(scope, claim))
}

/** Gives a claim back, for the reading to be tried again. */
export async function releaseSource(tx: Tx, scope: Scope, claim: Claim, { code, detail }: FileError): Promise<void> {
  await tx
    .update(sources)
    .set({ state: 'queued', errorCode: code, errorDetail: detail, updatedAt: sql`now()` })
    .where(claimed(scope, claim))
}

/**
 * Whether there is a reading that waits to be tried again or is under way; it loses its claim. One that waits and has no
 * error was asked for since then, by another job.
 */
export async function takeOver(tx: Tx, scope: Scope, id: string): Promise<SourceRow | undefined> {
  const [row] = await tx
    .update(sources)
    .set({ state: 'crawling', epoch: sql`${sources.epoch} + 1`, updatedAt: sql`now()` })
    .where(
      and(
        eq(sources.workspaceId, scope.workspaceId),
        eq(sources.id, id),
        inArray(sources.state, underWay),
        or(ne(sources.state, 'queued'), isNotNull(sources.errorCode)),
      ),
    )
    .returning()
  return row
}

/** Puts a source that is due, or was left under way, into the queue; false where it is neither any more. */
export async function queueDue(tx: Tx, scope: Scope, id: string, untouchedSeconds: number): Promise<boolean> {
  const isDue = sql`(${sources.state} IN ('ready', 'failed') AND ${sources.nextCrawlAt} <= now()
    OR ${sources.state} IN ('queued', 'crawling') AND ${sources.updatedAt} < now() - make_interval(secs => ${untouchedSeconds}))`
  const rows = await tx
    .update(sources)
    .set({ state: 'queued', epoch: sql`${sources.epoch} + 1`, updatedAt: sql`now()` })
    .where(and(eq(sources.workspaceId, scope.workspaceId), eq(sources.id, id), isDue))
    .returning({ id: sources.id })
  return rows.length > 0
}

/** Sources that are due, or that nobody has touched for so long while under way, of all workspaces. */
export async function sourcesDue(db: Database, untouchedSeconds: number, limit: number) {
  return db.call<{ workspace_id: string; id: string }>(
    'sources_due',
    'SELECT * FROM sources_due(make_interval(secs => $1), $2)',
    [untouchedSeconds, limit],
  )
}

function columnsOf({ read, unchanged, skipped, failed }: Source['pages']) {
  return { pagesRead: read, pagesUnchanged: unchanged, pagesSkipped: skipped, pagesFailed: failed }
}

function claimed(scope: Scope, { id, epoch }: Claim) {
  return and(
    eq(sources.workspaceId, scope.workspaceId),
    eq(sources.id, id),
    eq(sources.epoch, epoch),
    eq(sources.state, 'crawling'),
  )
}
