import { gzipSync } from 'node:zlib'
import type { Locator, Page } from '@playwright/test'

/** The most that the page of a conversation may load to begin with, in bytes of gzip. */
export const scriptBudgetBytes = 170_000

export interface Scripts {
  totalBytes: number
  /** The largest first. */
  files: { path: string; bytes: number }[]
}

/**
 * The JavaScript, by gzip -9, that a cold load of `path` takes until `shown` is on the page: the entry, what it imports,
 * the page and the texts of the language. What is loaded later, when somebody opens it or the page is at rest, is not
 * among them.
 *
 * @param page must not have been on the app before
 */
export async function scriptsOf(page: Page, path: string, shown: Locator): Promise<Scripts> {
  const sizes = new Map<string, Promise<number>>()
  page.on('response', (response) => {
    const { pathname } = new URL(response.url())
    if (pathname.endsWith('.js')) sizes.set(pathname, sizeOf(response.body()))
  })
  await page.goto(path)
  await shown.waitFor()
  const started = [...sizes]
  const files = await Promise.all(started.map(async ([name, size]) => ({ path: name, bytes: await size })))
  files.sort((a, b) => b.bytes - a.bytes)
  return { totalBytes: files.reduce((sum, { bytes }) => sum + bytes, 0), files }
}

async function sizeOf(body: Promise<Buffer>): Promise<number> {
  return gzipSync(await body, { level: 9 }).length
}
