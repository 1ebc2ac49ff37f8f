import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'vite'
import type { Window, WindowOptions } from './browser.ts'
import { startWebTest } from './web-app.ts'

declare global {
  /** Shows `text` as an answer, and is done when it stands in the document. */
  var showMarkdown: (text: string, isStreaming: boolean) => void
}

export interface MarkdownTest {
  /** Opens a page with nothing but an answer in it, under the policy of the app. */
  open(options?: WindowOptions): Promise<Window>
  close(): Promise<void>
}

const entry = 'virtual:markdown-page'

const source = `
  import { createElement } from 'react'
  import { flushSync } from 'react-dom'
  import { createRoot } from 'react-dom/client'
  import { startTranslation } from '/src/i18n/index.ts'
  import { Markdown } from '/src/markdown/markdown.tsx'
  import '/src/styles.css'

  await startTranslation()
  const root = createRoot(document.getElementById('root'))
  // What mends the end of a growing text is loaded with the first one.
  root.render(createElement(Markdown, { text: 'First', isStreaming: true }))
  while (!document.querySelector('.markdown p')) await new Promise(requestAnimationFrame)
  globalThis.showMarkdown = (text, isStreaming) => {
    const heading = createElement('h1', { className: 'sr-only' }, 'Page')
    const answer = createElement('h2', { className: 'sr-only' }, 'Answer')
    const markdown = createElement(Markdown, { text, isStreaming })
    const column = createElement('main', { className: 'mx-auto w-full max-w-184 p-4' }, heading, answer, markdown)
    flushSync(() => root.render(column))
  }
`

/** The server with a page of its own in place of the web app: answers, and nothing around them. */
export async function startMarkdownTest(): Promise<MarkdownTest> {
  const dir = await mkdtemp(join(tmpdir(), 'markdown-page-'))
  await buildPage(dir)
  const app = await startWebTest({ env: { WEB_DIR: dir } })
  return {
    open: async (options) => {
      const opened = await app.browser.open('/app', options)
      await opened.page.waitForFunction(() => 'showMarkdown' in globalThis)
      return opened
    },
    close: async () => {
      await app.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

async function buildPage(outDir: string): Promise<void> {
  const web = fileURLToPath(new URL('../../web/', import.meta.url))
  const output = { entryFileNames: 'assets/page.js' }
  await build({
    configFile: join(web, 'vite.config.ts'),
    logLevel: 'warn',
    plugins: [pageEntry()],
    build: { outDir, emptyOutDir: true, chunkSizeWarningLimit: 2000, rolldownOptions: { input: entry, output } },
  })
  const assets = await readdir(join(outDir, 'assets'))
  const styles = assets.filter((name) => name.endsWith('.css') && !name.startsWith('katex'))
  const links = styles.map((name) => `<link rel="stylesheet" href="/assets/${name}">`)
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Answer</title>${links.join('')}`
  const body = '<div id="root"></div><script type="module" src="/assets/page.js"></script>'
  const html = `<!doctype html><html lang="en"><head>${head}</head><body>${body}</body></html>`
  await writeFile(join(outDir, 'index.html'), html)
}

function pageEntry(): Plugin {
  return {
    name: 'markdown-page',
    resolveId: (id) => (id === entry ? `\0${entry}` : undefined),
    load: (id) => (id === `\0${entry}` ? source : undefined),
  }
}
