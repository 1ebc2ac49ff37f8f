import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { pino } from 'pino'
import { createDocumentReader } from '../server/src/documents/read-document.ts'
import { watchMemory } from '../server/test/documents/child-processes.ts'
import { docxParts, pptxParts, xlsxParts, zipOf } from '../server/test/documents/office-fixture.ts'
import { column, pdfOfPages } from '../server/test/documents/pdf-fixture.ts'
import { percentile, round } from './support.ts'

/**
 * How fast documents become passages, by kind: pages per second with the start of the process, its peak of memory, and
 * what the event loop of the process that asked for it noticed. A page is about 2,800 characters in every kind.
 *
 * `npm run bench:indexing -- [pages] [rounds]`
 */
const [pagesGiven = '100', roundsGiven = '5'] = process.argv.slice(2)
const pages = Number(pagesGiven)
const rounds = Number(roundsGiven)
const linesPerPage = 40

/** A document of one page, which takes no longer than a process does to start. */
const note = 'note.txt'

const words = 'the invoice is due within thirty days after delivery and may be paid by card or bank transfer'.split(' ')
const folder = await mkdtemp(join(tmpdir(), 'chatbot-bench-'))
const reader = createDocumentReader({ logger: pino({ level: 'silent' }) })

try {
  console.log(`${cpus().length} cores, Node ${process.version}, ${pages} pages a document, ${rounds} rounds`)
  for (const [name, content] of Object.entries(documents())) await measure(name, content)
} finally {
  await reader.close()
  await rm(folder, { recursive: true, force: true })
}

async function measure(name: string, content: Buffer | string): Promise<void> {
  const path = join(folder, name)
  await writeFile(path, content)
  const delay = monitorEventLoopDelay({ resolution: 10 })
  const memory = watchMemory()
  const times: number[] = []
  let passages = 0
  delay.enable()
  for (let round = 0; round < rounds; round += 1) {
    const began = performance.now()
    passages = (await reader.read(path, name)).passages.length
    times.push(performance.now() - began)
  }
  delay.disable()
  const median = percentile(
    times.toSorted((a, b) => a - b),
    0.5,
  )
  const figures = [
    `${round(((name === note ? 1 : pages) / median) * 1000, 0)} pages/s`,
    `p50 ${round(median, 0)} ms`,
    `${passages} passages`,
    `peak ${round(memory.stop(), 0)} MiB`,
    `event loop p99 ${round(delay.percentile(99) / 1e6)} ms`,
  ]
  console.log(`${name}: ${figures.join(', ')}`)
}

/** The same text in every kind, with a heading on each page. */
function documents(): Record<string, Buffer | string> {
  const text = Array.from({ length: pages }, (_, page) => pageOf(page))
  const blocks = text.map((lines, page) => ({ title: `Part ${page + 1}`, body: lines.join(' ') }))
  const cells = text.flatMap((lines, page) => lines.map((line, at) => [`Part ${page + 1}`, `Line ${at + 1}`, line]))
  const rows = [['Part', 'Line', 'Text'], ...cells]
  return {
    'a.pdf': pdfOfPages(text.map((lines) => column(lines))),
    'a.docx': zipOf(docxParts(blocks.flatMap(({ title, body }) => [`# ${title}`, body]))),
    'a.xlsx': zipOf(xlsxParts([{ name: 'Sheet', rows }])),
    'a.pptx': zipOf(pptxParts(blocks.map(({ title, body }) => ({ title, text: [body] })))),
    'a.md': blocks.map(({ title, body }) => `# ${title}\n\n${body}\n`).join('\n'),
    'a.html': `<html><body>${blocks.map(({ title, body }) => `<h1>${title}</h1><p>${body}</p>`).join('')}</body></html>`,
    'a.csv': rows.map((row) => row.join(',')).join('\n'),
    'a.txt': text.map((lines) => lines.join('\n')).join('\n\n'),
    'a.json': JSON.stringify(blocks),
    [note]: 'A short note.',
  }
}

function pageOf(page: number): string[] {
  return Array.from({ length: linesPerPage }, (_, line) => {
    const start = (page * 7 + line * 3) % words.length
    const rotated = [...words.slice(start), ...words.slice(0, start)]
    return `${page * linesPerPage + line} ${rotated.slice(0, 12).join(' ')}.`
  })
}
