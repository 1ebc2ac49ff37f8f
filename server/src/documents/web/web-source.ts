import type { OutboundErrorCode } from '../../platform/outbound/outbound-error.ts'

/** One web page, or a sitemap whose pages are read. */
export interface WebSource {
  kind: 'url' | 'sitemap'
  url: string
  limits: WebLimits
  /** What the pages that are known already answered with, by the URL under which they were read. */
  etags: ReadonlyMap<string, PageVersion>
  signal?: AbortSignal
}

export interface WebLimits {
  /** Pages that are asked for. */
  pages: number
  bytesPerPage: number
  /** Of all pages together. */
  totalBytes: number
  timeMs: number
}

/** By which a server recognises that a page is still what was read before. */
export interface PageVersion {
  etag: string | null
  lastModified: string | null
}

/** What became of one page. `url` is where it was looked for, without a fragment, also if it redirected from there. */
export type WebPage = PageRead | PageUnchanged | PageLeft

export interface PageRead extends PageVersion {
  status: 'ok'
  url: string
  /** Media type without parameters, as the server calls it. */
  contentType: string
  /** The encoding of its text, as far as the server names one. */
  charset?: string
  bytes: Buffer
}

export interface PageUnchanged extends PageVersion {
  status: 'unchanged'
  url: string
}

/** Skipped by a rule of the site or of ours, or failed and worth another try. */
export interface PageLeft {
  status: 'skipped' | 'failed'
  url: string
  reason: PageReason
  /** A sitemap: which pages it has stays unknown. */
  isSitemap?: true
}

export interface PageReason {
  code: PageReasonCode
  /** A sentence for the owner of the source. */
  text: string
  /** What the page was answered with, with `http_status`. */
  status?: number | undefined
}

export type PageReasonCode = OutboundErrorCode | keyof typeof ownReasons

const ownReasons = {
  bad_sitemap: 'This is not a sitemap that can be read.',
  duplicate: 'It leads to a page that was read already.',
  other_origin: 'It belongs to another site than the sitemap.',
  page_limit: 'There are more pages than are read of one source.',
  robots: 'The site asks in its robots.txt not to be read here.',
  robots_unavailable: 'The robots.txt of the site cannot be read now, so its pages are left alone.',
  size_limit: 'The pages of this source are larger together than is read of one source.',
  time_limit: 'Reading this source took longer than it may.',
}

/** What a later reading will not change either, as far as one can know. */
const skips: PageReasonCode[] = [
  'content_type',
  'duplicate',
  'other_origin',
  'page_limit',
  'robots',
  'size_limit',
  'time_limit',
  'too_large',
]

export function reasonOf(code: keyof typeof ownReasons): PageReason {
  return { code, text: ownReasons[code] }
}

export function leftPage(url: string, reason: PageReason): PageLeft {
  return { status: skips.includes(reason.code) ? 'skipped' : 'failed', url, reason }
}
