import { type JobQueue, jobQueue } from '../../platform/jobs/jobs.ts'

export interface IndexJob {
  workspaceId: string
  fileId: string
}

/** Reading documents. Four repetitions, the last some three minutes after the first. */
export function indexQueue(concurrency: number): JobQueue<IndexJob> {
  return jobQueue<IndexJob>({
    name: 'index-file',
    retryLimit: 4,
    retryDelaySeconds: 10,
    expireInSeconds: 900,
    concurrency,
  })
}

/** Finds documents that were left under way. */
export const resumeQueue = jobQueue<Record<string, never>>({ name: 'resume-files', retryLimit: 0 })

/** Deletes contents whose documents are gone. */
export const sweepQueue = jobQueue<Record<string, never>>({ name: 'sweep-files', retryLimit: 0, expireInSeconds: 3000 })
