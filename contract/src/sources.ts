import { z } from 'zod'
import { Id, label, PageQuery, Timestamp } from './common.ts'
import { endpoint } from './endpoint.ts'
import { FileError } from './files.ts'
import { ProjectParams } from './projects.ts'

/** A web page, or a sitemap whose pages are read. Each page becomes a document of the project. */
export const SourceKind = z.enum(['url', 'sitemap'])
export type SourceKind = z.infer<typeof SourceKind>

export const Source = z.object({
  id: Id,
  project_id: Id,
  kind: SourceKind,
  url: z.string(),
  /** Hours between two readings; null: only when asked. */
  refresh_hours: z.int().nullable(),
  state: z.enum(['queued', 'crawling', 'ready', 'failed']),
  /**
   * Why it failed, and then what was read earlier is still there; once `ready`, what of it could not be read; while
   * `queued`, why it is tried again.
   */
  error: FileError.nullable(),
  /** Of the last reading, or of the one under way. */
  pages: z.object({ read: z.int(), unchanged: z.int(), skipped: z.int(), failed: z.int() }),
  last_crawled_at: Timestamp.nullable(),
  next_crawl_at: Timestamp.nullable(),
  created_at: Timestamp,
})
export type Source = z.infer<typeof Source>

/** From an hour to a year. */
const RefreshHours = z.int().min(1).max(8760).nullable()

export const SourceInput = z.object({
  kind: SourceKind,
  url: label(1, 2000),
  refresh_hours: RefreshHours.default(null),
})
export type SourceInput = z.infer<typeof SourceInput>

export const SourcePatch = z.object({ refresh_hours: RefreshHours.optional() })
export type SourcePatch = z.infer<typeof SourcePatch>

const SourceParams = ProjectParams.extend({ source_id: Id })

export const sources = {
  create: endpoint({
    method: 'POST',
    path: '/projects/{project_id}/sources',
    access: 'user',
    status: 201,
    tag: 'Knowledge',
    summary: 'Let a project read a web page, or the pages of a sitemap',
    params: ProjectParams,
    body: SourceInput,
    response: Source,
  }),
  list: endpoint({
    method: 'GET',
    path: '/projects/{project_id}/sources',
    access: 'user',
    status: 200,
    tag: 'Knowledge',
    summary: "List a project's web sources, newest first",
    params: ProjectParams,
    query: PageQuery,
    item: Source,
  }),
  get: endpoint({
    method: 'GET',
    path: '/projects/{project_id}/sources/{source_id}',
    access: 'user',
    status: 200,
    tag: 'Knowledge',
    summary: 'One web source',
    params: SourceParams,
    response: Source,
  }),
  update: endpoint({
    method: 'PATCH',
    path: '/projects/{project_id}/sources/{source_id}',
    access: 'user',
    status: 200,
    tag: 'Knowledge',
    summary: 'Change how often a web source is read',
    params: SourceParams,
    body: SourcePatch,
    response: Source,
  }),
  crawl: endpoint({
    method: 'POST',
    path: '/projects/{project_id}/sources/{source_id}/crawl',
    access: 'user',
    status: 202,
    tag: 'Knowledge',
    summary: 'Read a web source now',
    params: SourceParams,
    response: Source,
  }),
  remove: endpoint({
    method: 'DELETE',
    path: '/projects/{project_id}/sources/{source_id}',
    access: 'user',
    status: 204,
    tag: 'Knowledge',
    summary: 'Delete a web source with its documents',
    params: SourceParams,
  }),
} as const
