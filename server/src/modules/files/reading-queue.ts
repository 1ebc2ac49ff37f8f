import type { Tx } from '../../platform/database/database.ts'
import type { JobQueue, Jobs } from '../../platform/jobs/jobs.ts'
import type { Scope } from '../../platform/scope.ts'
import type { IndexJob } from './file-jobs.ts'
import { countUnderWay } from './readings.repository.ts'

export interface ReadingQueue {
  /**
   * Has a document of this transaction read. The more of its workspace are under way, the later: who brings a thousand
   * documents does not keep waiting who brings one. A renewal, which nobody waits for, goes after all others.
   */
  add(tx: Tx, scope: Scope, fileId: string, why?: 'new' | 'renewal'): Promise<void>
}

/** Counted no further: by then everybody else goes first. */
const mostCounted = 1000

export function createReadingQueue(jobs: Pick<Jobs, 'enqueue'>, queue: JobQueue<IndexJob>): ReadingQueue {
  return {
    async add(tx, scope, fileId, why = 'new') {
      const { workspaceId } = scope
      const rank = why === 'new' ? await countUnderWay(tx, scope, mostCounted) : mostCounted + 1
      await jobs.enqueue(queue, { workspaceId, fileId }, { tx, singletonKey: fileId, priority: -rank })
    },
  }
}
