import type { FileError, Source, SourceKind } from '@chatbot-platform/contract'
import type { PageLeft } from '../../documents/web/web-source.ts'
import type { PageOutcome } from '../files/source-pages.service.ts'
import { errorOf, isGone, isLimit } from './web-reasons.ts'

export type CrawlTally = ReturnType<typeof createTally>

/** Counts what became of the pages of one reading, and says in the end what became of the source. */
export function createTally(kind: SourceKind) {
  let pages: Source['pages'] = { read: 0, unchanged: 0, skipped: 0, failed: 0 }
  /** Of the source as a whole, and of the first page that could not be read. */
  let ofSource: FileError | undefined
  let ofPage: FileError | undefined
  let isWhole = true
  const seen = new Set<string>()

  return {
    pages: () => pages,
    with: (outcome: PageOutcome): Source['pages'] =>
      outcome === 'gone' ? pages : { ...pages, [outcome]: pages[outcome] + 1 },

    took(url: string, outcome: PageOutcome): void {
      seen.add(url)
      pages = this.with(outcome)
    },

    left(page: PageLeft): void {
      const error = errorOf(page)
      if (page.isSitemap || isLimit(page)) {
        ofSource ??= error
        if (page.reason.code !== 'page_limit') isWhole = false
        return
      }
      this.refused(page.url, page.status, error, isGone(page))
    },

    /** A page that is no document, or for which there is no room; of one of many that is `gone` nobody need be told. */
    refused(url: string, status: 'skipped' | 'failed', error: FileError, gone = false): void {
      seen.add(url)
      pages = { ...pages, [status]: pages[status] + 1 }
      if (!gone || kind === 'url') ofPage ??= kind === 'url' ? error : { ...error, detail: `${url}: ${error.detail}` }
    },

    /** Pages that the source does not have any more: only where all of it was seen, and something could be read. */
    unseen: (known: Iterable<string>): string[] =>
      isWhole && hasRead() ? [...known].filter((url) => !seen.has(url)) : [],

    result(): { state: 'ready' | 'failed'; error: FileError | null; pages: Source['pages'] } {
      if (hasRead()) return { state: 'ready', error: ofSource ?? ofPage ?? null, pages }
      return { state: 'failed', error: ofSource ?? ofPage ?? nothingThere, pages }
    },
  }

  function hasRead(): boolean {
    return pages.read + pages.unchanged > 0
  }
}

const nothingThere: FileError = { code: 'empty', detail: 'The sitemap lists no pages that are there.' }
