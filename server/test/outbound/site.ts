import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { createPoliteFetch } from '../../src/documents/web/polite-fetch.ts'
import { readSource } from '../../src/documents/web/read-source.ts'
import type { WebPage, WebSource } from '../../src/documents/web/web-source.ts'
import { parseAllowList } from '../../src/platform/outbound/allow-list.ts'
import { createGuardedFetch } from '../../src/platform/outbound/fetch-guarded.ts'
import { anyPort, serve } from './loopback.ts'

interface Answer {
  status?: number
  headers?: OutgoingHttpHeaders
  body?: string | Buffer
}
/** A page by its path: HTML where it is only text, 404 where there is none. */
type Pages = Record<string, string | Answer | ((headers: IncomingHttpHeaders) => Answer)>

/** A web site on loopback, and what it was asked for. `{origin}` in a text stands for where it is. */
export async function site(pages: Pages) {
  const asked: string[] = []
  let origin = ''
  origin = await serve((request, response) => {
    asked.push(request.url ?? '')
    const page = pages[request.url ?? ''] ?? { status: 404 }
    const answer = typeof page === 'string' ? { body: page } : typeof page === 'function' ? page(request.headers) : page
    const { status = 200, headers = {}, body = '' } = answer
    response.writeHead(status, { 'content-type': 'text/html', ...headers })
    response.end(typeof body === 'string' ? body.replaceAll('{origin}', origin) : body)
  })
  return { origin, asked }
}

/** A sitemap of pages, given by path or URL. */
export function urlset(...locations: string[]): string {
  const urls = locations.map((location) => `<url><loc>${absolute(location)}</loc></url>`)
  return `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${urls.join('\n')}</urlset>`
}

/** A sitemap of sitemaps. */
export function sitemapIndex(...locations: string[]): string {
  const sitemaps = locations.map((location) => `<sitemap><loc>${absolute(location)}</loc></sitemap>`)
  return `<sitemapindex>${sitemaps.join('')}</sitemapindex>`
}

function absolute(location: string): string {
  return location.startsWith('/') ? `{origin}${location}` : location
}

export const wideLimits: WebSource['limits'] = { pages: 1000, bytesPerPage: 1e6, totalBytes: 1e8, timeMs: 15_000 }

export function politeFetch(pauseMs = 0) {
  return createPoliteFetch(createGuardedFetch({ allow: parseAllowList(['127.0.0.1']), ports: anyPort }), { pauseMs })
}

/** Everything that reading the source brings, without pauses. */
export async function pagesOf(source: Partial<WebSource> & { url: string }, fetch = politeFetch()): Promise<WebPage[]> {
  const pages: WebPage[] = []
  const given: WebSource = { kind: 'sitemap', limits: wideLimits, etags: new Map(), ...source }
  for await (const page of readSource(given, fetch)) pages.push(page)
  return pages
}

/** A page in a few words: its path, what became of it, and why. */
export function summary(page: WebPage): string {
  const why = 'reason' in page ? ` ${page.reason.code}` : ''
  return `${URL.parse(page.url)?.pathname ?? page.url} ${page.status}${why}`
}
