import type { PoliteFetch } from './polite-fetch.ts'
import { createRobots } from './robots.ts'
import { canonicalUrl, sitemapPages } from './sitemap-pages.ts'
import { visitPage } from './visit-page.ts'
import { leftPage, reasonOf, type WebPage, type WebSource } from './web-source.ts'

/** Beyond this, pages that are only named and not asked for are not reported one by one. */
const mostReportedSkips = 1000

/**
 * Reads a web source page by page, in the order of its sitemap, and says of each page what became of it. Stops at the
 * limits of the source, which the last item then names. Throws the reason of the source's signal, and nothing that a
 * site could bring about.
 */
export async function* readSource(source: WebSource, fetch: PoliteFetch): AsyncGenerator<WebPage, void> {
  const timer = AbortSignal.timeout(source.limits.timeMs)
  const signal = source.signal ? AbortSignal.any([timer, source.signal]) : timer
  try {
    yield* crawl(source, fetch, signal)
  } catch (error) {
    source.signal?.throwIfAborted()
    if (!timer.aborted) throw error
    yield leftPage(source.url, reasonOf('time_limit'))
  }
}

async function* crawl(source: WebSource, fetch: PoliteFetch, signal: AbortSignal): AsyncGenerator<WebPage, void> {
  const { url: start, limits } = source
  const visit = createVisits(source, fetch, signal)
  const seen = new Set<string>()
  let pagesLeft = limits.pages
  let bytesLeft = limits.totalBytes
  let skipsLeft = mostReportedSkips
  for await (const found of candidates(source, fetch, signal)) {
    signal.throwIfAborted()
    if (typeof found !== 'string') {
      skipsLeft -= 1
      if (skipsLeft >= 0) yield found
      continue
    }
    if (seen.has(found)) continue
    seen.add(found)
    if (pagesLeft === 0) return yield leftPage(start, reasonOf('page_limit'))
    pagesLeft -= 1
    const { page, finalUrl } = await visit(found, Math.min(limits.bytesPerPage, bytesLeft))
    const isRead = page.status === 'ok' || page.status === 'unchanged'
    if (page.status === 'ok') bytesLeft -= page.bytes.length
    else if (isTooLarge(page) && bytesLeft < limits.bytesPerPage) return yield leftPage(start, reasonOf('size_limit'))
    yield isRead && finalUrl !== found && seen.has(finalUrl) ? leftPage(found, reasonOf('duplicate')) : page
    seen.add(finalUrl)
  }
}

function candidates({ kind, url }: WebSource, fetch: PoliteFetch, signal: AbortSignal) {
  return kind === 'sitemap' ? sitemapPages(url, fetch, signal) : [canonicalUrl(url) ?? url]
}

function createVisits({ kind, etags }: WebSource, fetch: PoliteFetch, signal: AbortSignal) {
  const robotsOf = createRobots(fetch, signal)
  return (url: string, maxBytes: number) => {
    const mayLeadTo = (target: string) => kind === 'url' || new URL(target).origin === new URL(url).origin
    return visitPage(url, { fetch, robotsOf, mayLeadTo, maxBytes, known: etags.get(url), signal })
  }
}

function isTooLarge(page: WebPage): boolean {
  return page.status === 'skipped' && page.reason.code === 'too_large'
}
