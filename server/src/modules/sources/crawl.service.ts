import type { FileError } from '@chatbot-platform/contract'
import { DocumentError } from '../../documents/document.ts'
import type { PoliteFetch } from '../../documents/web/polite-fetch.ts'
import { readSource } from '../../documents/web/read-source.ts'
import type { WebPage, WebSource } from '../../documents/web/web-source.ts'
import type { Database, Tx } from '../../platform/database/database.ts'
import type { JobContext, Jobs } from '../../platform/jobs/jobs.ts'
import type { Logger } from '../../platform/logger.ts'
import { jobScope, type Scope } from '../../platform/scope.ts'
import { Refusal } from '../files/room.ts'
import type { KnownPage, PageOutcome, PageReading, SourcePages } from '../files/source-pages.service.ts'
import { type CrawlTally, createTally } from './crawl-tally.ts'
import { claimSource, endCrawl, noteCrawl, releaseSource, takeOver } from './crawls.repository.ts'
import { type CrawlJob, crawlQueue } from './source-jobs.ts'
import { crawlsPerWorkspace } from './source-limits.ts'
import type { SourceRow } from './sources.table.ts'
import { toSource } from './to-source.ts'
import { isGone } from './web-reasons.ts'

interface Deps {
  db: Database
  jobs: Pick<Jobs, 'enqueue'>
  pages: SourcePages
  fetch: PoliteFetch
  limits: WebSource['limits']
  logger: Pick<Logger, 'info'>
}

/** A reading under way. */
interface Crawl {
  scope: Scope
  source: SourceRow
  tally: CrawlTally
  known: Map<string, KnownPage>
  reading: PageReading
}

export type CrawlService = ReturnType<typeof createCrawlService>

/** Where a workspace has enough readings under way, this one comes back later. */
const busyDelaySeconds = 10
/** So often a reading says that it lives, while it stores nothing. */
const noteMs = 2000

/** Reads web sources, one job each: every page becomes a document of the project. */
export function createCrawlService({ db, jobs, pages, fetch, limits, logger }: Deps) {
  return {
    /**
     * Reads a source from its beginning, also where an earlier attempt died in it: what that stored is found unchanged. Of
     * two that read the same source the later one goes on, and the other stops at its next page. Throws what is worth
     * another attempt.
     */
    async crawl(job: CrawlJob, context: JobContext): Promise<void> {
      const scope = jobScope(job.workspaceId)
      const source = await db.tenant(scope, (tx) => claimSource(tx, scope, job.sourceId, crawlsPerWorkspace))
      if (source === 'busy') {
        await jobs.enqueue(crawlQueue, job, { singletonKey: job.sourceId, startAfterSeconds: busyDelaySeconds })
        return
      }
      if (!source) return
      const began = performance.now()
      try {
        const crawl = await prepare(scope, source)
        await readPages(crawl, context.signal)
        await finish(crawl)
        const took = Math.round(performance.now() - began)
        logger.info({ source_id: source.id, duration_ms: took }, 'web source read')
      } catch (error) {
        if (error instanceof ClaimLost) return
        // The process leaves: whoever takes the job goes on.
        context.signal.throwIfAborted()
        const again = `Attempt ${context.attempt} did not succeed; it is tried again by itself. ${internal.detail}`
        const reason = { ...internal, detail: again }
        if (!context.isLastAttempt) await db.tenant(scope, (tx) => releaseSource(tx, scope, source, reason))
        throw error
      }
    },

    /** Says of a source that no attempt at it came to an end; what was read stays. */
    async giveUp({ workspaceId, sourceId }: CrawlJob): Promise<void> {
      const scope = jobScope(workspaceId)
      await db.tenant(scope, async (tx) => {
        const row = await takeOver(tx, scope, sourceId)
        if (!row) return
        await endCrawl(tx, scope, row, { state: 'failed', error: internal, pages: toSource(row).pages })
      })
    },
  }

  async function prepare(scope: Scope, source: SourceRow): Promise<Crawl> {
    const stored = await pages.list(scope, source.id)
    const known = new Map(stored.map((page) => [page.url ?? '', page]))
    const tally = createTally(source.kind)
    const hold = async (tx: Tx, outcome: PageOutcome) => {
      if (!(await noteCrawl(tx, scope, source, tally.with(outcome)))) throw new ClaimLost()
    }
    return { scope, source, tally, known, reading: { source, epoch: source.epoch, hold } }
  }

  async function readPages(crawl: Crawl, signal: AbortSignal): Promise<void> {
    const { kind, url } = crawl.source
    let notedAt = performance.now()
    for await (const page of readSource({ kind, url, limits, etags: crawl.known, signal }, fetch)) {
      const isNoted = await take(crawl, page)
      if (!isNoted && performance.now() - notedAt < noteMs) continue
      if (!isNoted) await note(crawl)
      notedAt = performance.now()
    }
  }

  /** True where the source was written to as well. */
  async function take({ scope, tally, known, reading }: Crawl, page: WebPage): Promise<boolean> {
    if (page.status === 'unchanged') {
      tally.took(page.url, 'unchanged')
      return false
    }
    if (page.status !== 'ok') {
      tally.left(page)
      if (!isGone(page) || !known.has(page.url)) return false
      await pages.remove(scope, reading, [page.url])
      return true
    }
    try {
      tally.took(page.url, await pages.store(scope, reading, page, known.get(page.url)))
      return true
    } catch (error) {
      if (!(error instanceof DocumentError || error instanceof Refusal)) throw error
      tally.refused(page.url, 'skipped', { code: error.code, detail: error.message })
      return false
    }
  }

  async function note({ scope, source, tally }: Crawl): Promise<void> {
    const isOurs = await db.tenant(scope, (tx) => noteCrawl(tx, scope, source, tally.pages()))
    if (!isOurs) throw new ClaimLost()
  }

  async function finish({ scope, source, tally, known, reading }: Crawl): Promise<void> {
    await pages.remove(scope, reading, tally.unseen(known.keys()))
    await db.tenant(scope, (tx) => endCrawl(tx, scope, source, tally.result()))
  }
}

const internal: FileError = {
  code: 'internal',
  detail:
    'Something went wrong on our side. Read the source again later; if that does not help, tell whoever runs this server.',
}

/** Another reading has begun, or the source is gone. */
class ClaimLost extends Error {}
