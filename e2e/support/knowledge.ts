import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator, Page } from '@playwright/test'
import { pdfOfPages } from '../../server/test/documents/pdf-fixture.ts'

/** A file as a picker takes it. */
export interface GivenFile {
  name: string
  mimeType: string
  buffer: Buffer
}

/** A PDF with these lines on its pages. */
export function pdfFile(name: string, pages: string[][]): GivenFile {
  const lines = pages.map((page) => page.map((text, index) => ({ text, y: 780 - index * 20 })))
  return { name, mimeType: 'application/pdf', buffer: pdfOfPages(lines) }
}

export function textFile(name: string, text: string): GivenFile {
  return { name, mimeType: 'text/plain', buffer: Buffer.from(text) }
}

/** The input behind one of the two buttons that choose files. */
export function picker(page: Page, name: 'Choose files' | 'Choose a folder'): Locator {
  return page.locator(`input[type="file"][aria-label="${name}"]`)
}

/** The row of a document on the page of a bot's knowledge. */
export function documentRow(page: Page, name: string): Locator {
  return page.getByRole('list', { name: 'Documents' }).getByRole('listitem').filter({ hasText: name })
}

/** Runs with a folder of these files on the disk. */
export async function withFolder(files: Record<string, string>, run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'handbook-'))
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    await run(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Drops a file or folder of the disk on the middle of the page, as a hand would. */
export async function dropOn(page: Page, path: string): Promise<void> {
  const devtools = await page.context().newCDPSession(page)
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 }
  const data = { items: [], files: [path], dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await devtools.send('Input.dispatchDragEvent', { type, x: width / 2, y: height / 2, data })
  await devtools.detach()
}
