import { jobQueue } from '../../platform/jobs/jobs.ts'

export interface CrawlJob {
  workspaceId: string
  sourceId: string
}

/** Longest reading of one source, in milliseconds. */
export const crawlTimeMs = 30 * 60_000

/** Reading web sources. Most of it is waiting, so a process does several at once. */
export const crawlQueue = jobQueue<CrawlJob>({
  name: 'crawl-source',
  retryLimit: 3,
  retryDelaySeconds: 5,
  expireInSeconds: crawlTimeMs / 1000 + 600,
  concurrency: 4,
})

/** Finds sources that are due. */
export const dueQueue = jobQueue<Record<string, never>>({ name: 'due-sources', retryLimit: 0 })
