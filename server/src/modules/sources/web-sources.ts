import { createPoliteFetch } from '../../documents/web/polite-fetch.ts'
import type { Database } from '../../platform/database/database.ts'
import type { Jobs } from '../../platform/jobs/jobs.ts'
import type { Logger } from '../../platform/logger.ts'
import { createTargetCheck } from '../../platform/outbound/check-target.ts'
import { createGuardedFetch, type OutboundSettings } from '../../platform/outbound/fetch-guarded.ts'
import type { AuditService } from '../audit/audit.service.ts'
import type { SourcePages } from '../files/source-pages.service.ts'
import type { Once } from '../idempotency/idempotency.service.ts'
import { createCrawlService } from './crawl.service.ts'
import { createDueSources } from './due-sources.service.ts'
import { crawlQueue, crawlTimeMs, dueQueue } from './source-jobs.ts'
import type { SourceLimits } from './source-limits.ts'
import { createSourcesService } from './sources.service.ts'

export interface WebSourcesOptions {
  db: Database
  jobs: Jobs
  audit: AuditService
  once: Once
  pages: SourcePages
  outbound: OutboundSettings
  /** Between two requests to one host; half a second unless told. */
  pauseMs?: number | undefined
  limits: SourceLimits
  /** Largest document. */
  fileBytes: number
  logger: Logger
}

const mebibyte = 1024 * 1024
/** A page is held in memory; its pages together are what a source may bring in one reading. */
const largestPageBytes = 10 * mebibyte
const largestSourceBytes = 100 * mebibyte

/** Puts together everything about web sources, and tells the job queue what to do with theirs. */
export function createWebSources(options: WebSourcesOptions) {
  const { db, jobs, audit, once, pages, outbound, pauseMs, limits, fileBytes, logger } = options
  const fetch = createPoliteFetch(createGuardedFetch(outbound), pauseMs === undefined ? {} : { pauseMs })
  const bytesPerPage = Math.min(fileBytes, largestPageBytes)
  const webLimits = { pages: limits.pages, bytesPerPage, totalBytes: largestSourceBytes, timeMs: crawlTimeMs }
  const { crawl, giveUp } = createCrawlService({ db, jobs, pages, fetch, limits: webLimits, logger })
  const dueSources = createDueSources({ db, jobs, logger })
  jobs.work(crawlQueue, crawl, { onDead: giveUp })
  jobs.work(dueQueue, async () => void (await dueSources.enqueueDue()))
  jobs.schedule(dueQueue, '*/5 * * * *')
  const checkTarget = createTargetCheck(outbound)
  return { sources: createSourcesService({ db, jobs, audit, once, pages, checkTarget, limits }), dueSources }
}
