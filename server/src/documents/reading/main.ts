import { fstatSync, readSync, writeSync } from 'node:fs'
import { DocumentError, type DocumentLimits, type Passage } from '../document.ts'
import type { ReaderMessage } from '../reader-messages.ts'
import { sealProcess } from './seal.ts'

/**
 * The process that reads one document. It is started by `reader-process.ts` with nothing in its environment and leave to
 * read nothing but this code; the document is its standard input, what it finds goes to file descriptor 3 as one JSON
 * message a line. Arguments: the document's name and the limits.
 */
const output = 3

/** Passages are sent in groups of about this many characters, which the parent parses in well under a millisecond. */
const batchLength = 32_768
const progressEveryMs = 100

async function main(name: string, limits: DocumentLimits) {
  sealProcess()
  const { extract } = await import('./extract.ts')
  const progress = throttled()
  const passages = batched()
  const extracted = await extract(readInput(), name, limits, {
    progress: (step, done, total) => progress({ type: 'progress', step, done, total }),
    passage: passages.add,
  })
  passages.flush()
  send({ type: 'done', ...extracted })
}

function readInput(): Buffer {
  const bytes = Buffer.allocUnsafe(fstatSync(0).size)
  let length = 0
  while (length < bytes.length) {
    const read = readSync(0, bytes, length, bytes.length - length, length)
    if (read === 0) break
    length += read
  }
  return bytes.subarray(0, length)
}

function batched() {
  let batch: Passage[] = []
  let length = 0
  function flush() {
    if (batch.length > 0) send({ type: 'passages', passages: batch })
    batch = []
    length = 0
  }
  function add(passage: Passage) {
    batch.push(passage)
    length += passage.text.length
    if (length >= batchLength) flush()
  }
  return { add, flush }
}

function throttled(): (message: ReaderMessage) => void {
  let last = 0
  return (message) => {
    const now = performance.now()
    if (now - last < progressEveryMs) return
    last = now
    send(message)
  }
}

/** Waits while the parent is slow to read: the other end of the pipe is a blocking one. */
function send(message: ReaderMessage) {
  const line = Buffer.from(`${JSON.stringify(message)}\n`)
  for (let at = 0; at < line.length; ) at += writeSync(output, line, at)
}

function failure(error: unknown): ReaderMessage {
  if (error instanceof DocumentError) return { type: 'failed', code: error.code, message: error.message }
  const text = String(error)
  if (/allocat|out of memory/i.test(text)) return { type: 'failed', code: 'out_of_memory', message: '' }
  return { type: 'failed', code: 'broken', message: '' }
}

const [name, limits] = process.argv.slice(2)
try {
  await main(name ?? '', JSON.parse(limits ?? ''))
} catch (error) {
  send(failure(error))
}
// Parsers may leave timers behind.
process.exit(0)
