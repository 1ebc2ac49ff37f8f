import type { OutboundResponse } from '../../platform/outbound/fetch-guarded.ts'
import { OutboundError } from '../../platform/outbound/outbound-error.ts'
import type { PoliteFetch } from './polite-fetch.ts'
import type { Robots } from './robots.ts'
import { leftPage, type PageVersion, reasonOf, type WebPage } from './web-source.ts'

interface Visit {
  fetch: PoliteFetch
  robotsOf(url: string): Promise<Robots>
  /** Whether the page may be read elsewhere than where it was looked for. */
  mayLeadTo(url: string): boolean
  maxBytes: number
  known: PageVersion | undefined
  signal: AbortSignal
}

const mostRedirects = 5

const readableTypes = [
  'text/html',
  'application/xhtml+xml',
  'text/plain',
  'text/markdown',
  'text/x-markdown',
  'text/csv',
  'application/pdf',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation',
]

/**
 * Reads one page. Redirects are followed here, one by one, so that the robots.txt of each host is heard and each host
 * asked in its turn. `finalUrl` is where it was found in the end.
 */
export async function visitPage(start: string, visit: Visit): Promise<{ page: WebPage; finalUrl: string }> {
  let url = start
  for (let redirects = 0; ; redirects += 1) {
    const robots = await visit.robotsOf(url)
    const refusal = robots.refusal(url)
    if (refusal) return { page: leftPage(start, refusal), finalUrl: url }
    try {
      return { page: pageOf(start, await ask(url, visit, robots)), finalUrl: url }
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error
      const reason = { code: error.code, text: error.message, status: error.status }
      if (error.location === undefined) return { page: leftPage(start, reason), finalUrl: url }
      if (redirects === mostRedirects) {
        return { page: leftPage(start, { ...reason, text: 'The page redirects too often.' }), finalUrl: url }
      }
      url = error.location
      if (!visit.mayLeadTo(url)) return { page: leftPage(start, reasonOf('other_origin')), finalUrl: url }
    }
  }
}

function ask(url: string, { fetch, maxBytes, known, signal }: Visit, { pauseMs }: Robots): Promise<OutboundResponse> {
  const { etag, lastModified } = known ?? {}
  const version = { etag: asHeader(etag), lastModified: asHeader(lastModified) }
  return fetch(url, { maxBytes, timeoutMs: 30_000, accept: readableTypes, pauseMs, signal, ...version })
}

/** Servers send what no header may hold; then the page is read as if it had no version. */
function asHeader(value: string | null | undefined): string | null {
  return value && /^[\x20-\x7e\x80-\xff]+$/.test(value) ? value : null
}

function pageOf(url: string, { status, headers, contentType, body }: OutboundResponse): WebPage {
  const version = { etag: headers.etag ?? null, lastModified: headers['last-modified'] ?? null }
  if (status === 304) return { status: 'unchanged', url, ...version }
  const charset = charsetOf(headers['content-type'])
  return { status: 'ok', url, contentType: contentType ?? '', ...(charset ? { charset } : {}), bytes: body, ...version }
}

/** Undefined for UTF-8, which is what text is taken for. */
function charsetOf(contentType = ''): string | undefined {
  const charset = /;\s*charset\s*=\s*"?([\w:.-]{1,40})/i.exec(contentType)?.[1]
  return charset && !/^utf-?8$/i.test(charset) ? charset : undefined
}
