import { setImmediate as nextTurn } from 'node:timers/promises'
import { OutboundError } from '../../platform/outbound/outbound-error.ts'
import type { PoliteFetch } from './polite-fetch.ts'
import { largestSitemapBytes, parseSitemap, type Sitemap, SitemapError } from './sitemap.ts'
import { leftPage, type PageLeft, reasonOf } from './web-source.ts'

/** An index of indexes is not allowed by the protocol, but seen. */
const deepestIndex = 2
const mostSitemaps = 100

/**
 * The pages that a sitemap lists, in its order: those of the site where it was found. What it lists beyond that, and
 * sitemaps of an index that cannot be read, come as pages that were left. Each sitemap is read once.
 */
export async function* sitemapPages(
  start: string,
  fetch: PoliteFetch,
  signal: AbortSignal,
): AsyncGenerator<string | PageLeft> {
  const queue = [{ url: start, depth: 0 }]
  const known = new Set([start])
  let origin: string | undefined
  for (const { url, depth } of queue) {
    const found = await readSitemap(url, fetch, signal)
    if ('status' in found) {
      yield found
      continue
    }
    origin ??= new URL(found.url).origin
    for (const [index, location] of found.locations.entries()) {
      // Nothing else would run while tens of thousands of locations are passed over.
      if (index % 500 === 499) await nextTurn()
      const target = canonicalUrl(location, found.url)
      if (target === undefined || new URL(target).origin !== origin) {
        yield leftPage(target ?? url, reasonOf('other_origin'))
      } else if (found.kind === 'pages') {
        yield target
      } else if (!known.has(target)) {
        known.add(target)
        if (depth < deepestIndex && queue.length < mostSitemaps) queue.push({ url: target, depth: depth + 1 })
        else yield leftPage(target, reasonOf('page_limit'))
      }
    }
  }
}

/** How a page is named here: an absolute URL without a fragment. Undefined for what is no URL of the web. */
export function canonicalUrl(text: string, base?: string): string | undefined {
  const url = URL.parse(text, base)
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined
  url.hash = ''
  return url.href
}

async function readSitemap(
  url: string,
  fetch: PoliteFetch,
  signal: AbortSignal,
): Promise<(Sitemap & { url: string }) | PageLeft> {
  const limits = { maxBytes: largestSitemapBytes, timeoutMs: 30_000, redirects: 5, signal }
  try {
    const response = await fetch(url, { ...limits, accept: ['application/xml', 'text/xml', 'text/plain', '*/*'] })
    return { ...(await parseSitemap(response.body)), url: response.url }
  } catch (error) {
    if (error instanceof SitemapError) return { ...leftPage(url, reasonOf('bad_sitemap')), isSitemap: true }
    if (!(error instanceof OutboundError)) throw error
    return { ...leftPage(url, { code: error.code, text: error.message, status: error.status }), isSitemap: true }
  }
}
