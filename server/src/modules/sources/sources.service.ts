import type { PageQuery, Source, SourceInput, SourcePatch } from '@chatbot-platform/contract'
import type { Database, Tx } from '../../platform/database/database.ts'
import { AppError, invalid, notFound } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Jobs } from '../../platform/jobs/jobs.ts'
import type { CheckTarget } from '../../platform/outbound/check-target.ts'
import { OutboundError } from '../../platform/outbound/outbound-error.ts'
import { decodeCursor, type Page, timeCursor, toPage } from '../../platform/paging.ts'
import type { IdempotencyClaim, Scope } from '../../platform/scope.ts'
import type { AuditService } from '../audit/audit.service.ts'
import type { SourcePages } from '../files/source-pages.service.ts'
import type { Once } from '../idempotency/idempotency.service.ts'
import { crawlQueue } from './source-jobs.ts'
import type { SourceLimits } from './source-limits.ts'
import {
  countSources,
  deleteSource,
  findProjectId,
  findSource,
  findSourceByUrl,
  insertSource,
  listSources,
  lockSources,
  requeueSource,
  setRefreshHours,
} from './sources.repository.ts'
import type { SourceRow } from './sources.table.ts'
import { toSource } from './to-source.ts'

interface Deps {
  db: Database
  jobs: Pick<Jobs, 'enqueue'>
  audit: Pick<AuditService, 'record'>
  once: Once
  pages: Pick<SourcePages, 'forget'>
  checkTarget: CheckTarget
  limits: SourceLimits
}

export type SourcesService = ReturnType<typeof createSourcesService>

/** Web pages and sitemaps that projects read. Unknown and foreign ids throw the same 404. */
export function createSourcesService({ db, jobs, audit, once, pages, checkTarget, limits }: Deps) {
  return {
    /**
     * Throws 422 for a URL that would never be asked for and for one source too many, and 409 with `source_id` where the
     * project has this URL already.
     */
    create(
      scope: Scope,
      givenProjectId: string,
      { kind, url: given, refresh_hours: refreshHours }: SourceInput,
      claim: IdempotencyClaim | null,
    ): Promise<Source> {
      return once(scope, claim, async (tx) => {
        const projectId = await findProjectId(tx, scope, givenProjectId)
        if (projectId === undefined) throw notFound('project')
        const url = checked(given)
        await lockSources(tx, projectId)
        const known = await findSourceByUrl(tx, scope, projectId, url)
        if (known) throw alreadyThere(known.id)
        if ((await countSources(tx, scope, projectId)) >= limits.perProject) throw tooMany()
        const row = await insertSource(tx, scope, { id: newId(), projectId, kind, url, refreshHours })
        await enqueue(tx, scope, row.id)
        await audit.record(tx, scope, 'source.added', row.id)
        return toSource(row)
      })
    },

    list(scope: Scope, projectId: string, { limit, cursor }: PageQuery): Promise<Page<Source>> {
      const after = decodeCursor(cursor, timeCursor)
      return db.read(scope, async (tx) => {
        if ((await findProjectId(tx, scope, projectId)) === undefined) throw notFound('project')
        const rows = await listSources(tx, scope, projectId, { limit, after })
        return toPage(rows, limit, (row) => [row.createdAt.toISOString(), row.id], toSource)
      })
    },

    get(scope: Scope, projectId: string, id: string): Promise<Source> {
      return db.read(scope, async (tx) => toSource(required(await findSource(tx, scope, projectId, id))))
    },

    update(scope: Scope, projectId: string, id: string, { refresh_hours: hours }: SourcePatch): Promise<Source> {
      return db.tenant(scope, async (tx) => {
        const row =
          hours === undefined ? findSource(tx, scope, projectId, id) : setRefreshHours(tx, scope, projectId, id, hours)
        return toSource(required(await row))
      })
    },

    /** Has the source read now; where that waits or is under way already, nothing changes. */
    crawl(scope: Scope, projectId: string, id: string): Promise<Source> {
      return db.tenant(scope, async (tx) => {
        const row = required(await requeueSource(tx, scope, projectId, id))
        if (row.state === 'queued') await enqueue(tx, scope, row.id)
        return toSource(row)
      })
    },

    /** Its rows, documents and passages at once, their bytes right after that; where those cannot be reached, later. */
    async remove(scope: Scope, projectId: string, id: string): Promise<void> {
      const stored = await db.tenant(scope, async (tx) => {
        const keys = await deleteSource(tx, scope, projectId, id)
        if (!keys) throw notFound('source')
        await audit.record(tx, scope, 'source.deleted', id)
        return keys
      })
      await pages.forget(stored)
    },
  }

  function checked(url: string): string {
    try {
      return checkTarget(url)
    } catch (error) {
      if (error instanceof OutboundError) throw invalid(['body', 'url'], error.message, error.code)
      throw error
    }
  }

  async function enqueue(tx: Tx, scope: Scope, id: string): Promise<void> {
    await jobs.enqueue(crawlQueue, { workspaceId: scope.workspaceId, sourceId: id }, { tx, singletonKey: id })
  }

  function tooMany(): AppError {
    const sentence = `A project may have ${limits.perProject} web sources. Delete some first.`
    return invalid(['body', 'url'], sentence, 'too_many_sources')
  }
}

function alreadyThere(id: string): AppError {
  return new AppError('conflict', 'This project reads this address already.', { members: { source_id: id } })
}

function required(row: SourceRow | undefined): SourceRow {
  if (!row) throw notFound('source')
  return row
}
