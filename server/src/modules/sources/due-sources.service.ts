import type { Database } from '../../platform/database/database.ts'
import type { Jobs } from '../../platform/jobs/jobs.ts'
import type { Logger } from '../../platform/logger.ts'
import { jobScope } from '../../platform/scope.ts'
import { queueDue, sourcesDue } from './crawls.repository.ts'
import { crawlQueue, crawlTimeMs } from './source-jobs.ts'

interface Deps {
  db: Database
  jobs: Pick<Jobs, 'enqueue'>
  logger: Pick<Logger, 'info'>
}

/** Longer than a reading may take with all its attempts' pauses. */
const untouchedSeconds = (2 * crawlTimeMs) / 1000
const batch = 200

export type DueSources = ReturnType<typeof createDueSources>

/** Has the sources of all workspaces read when their time has come. */
export function createDueSources({ db, jobs, logger }: Deps) {
  return {
    /**
     * Enqueues what is due, each workspace's first before anybody's second, and what was left under way, as after
     * restoring a backup. Returns how many; the rest waits for the next time.
     */
    async enqueueDue(idleSeconds: number = untouchedSeconds): Promise<number> {
      const due = await sourcesDue(db, idleSeconds, batch)
      let count = 0
      for (const { workspace_id: workspaceId, id: sourceId } of due) {
        const scope = jobScope(workspaceId)
        const isQueued = await db.tenant(scope, async (tx) => {
          if (!(await queueDue(tx, scope, sourceId, idleSeconds))) return false
          await jobs.enqueue(crawlQueue, { workspaceId, sourceId }, { tx, singletonKey: sourceId })
          return true
        })
        if (isQueued) count += 1
      }
      if (count > 0) logger.info({ count }, 'web sources are read as their time has come')
      return count
    },
  }
}
