import {
  beginsTable,
  closesFence,
  fenceOf,
  headingDepthOf,
  indentOf,
  interruptsParagraph,
  isBlank,
  isDefinition,
  isFootnote,
  isQuote,
  isThematicBreak,
  isUnderline,
  listMarkerOf,
  mathFenceOf,
} from './block-lines.ts'
import { type Line, lineAt, linesFrom } from './source-lines.ts'

/** A piece of a block that is read and shown by itself: an item of a list, a row of a table. `start` is its place in the text. */
export interface Part {
  start: number
  text: string
}

interface Source {
  /** Where the block begins in the whole text; it stays while the text grows, so it serves as the block's identity. */
  start: number
  /** The block's own Markdown without the blank lines after it. */
  text: string
}

/**
 * A block at the top level of an answer. Code, formulas, lists and tables are taken apart here, because they can become
 * long while they grow; the rest (paragraphs, quotes, rules, footnotes) is left to the Markdown parser.
 */
export type Block = Source &
  (
    | { kind: 'markdown' }
    | { kind: 'heading'; depth: number }
    | { kind: 'fence'; info: string; code: string }
    | { kind: 'math'; tex: string; isClosed: boolean }
    | { kind: 'list'; firstNumber: number | undefined; items: Part[] }
    | { kind: 'table'; header: string; delimiter: string; rows: Part[] }
  )

/** Reads the block that begins at `line`, and says where it ends. */
type Reader = (source: string, line: Line) => [block: Block, next: number]

/** Splits Markdown into its blocks; `from` is the start of a block, for reading on where a text has grown. */
export function splitBlocks(source: string, from = 0): Block[] {
  const blocks: Block[] = []
  let at = from
  while (at <= source.length) {
    const line = lineAt(source, at)
    at = line.next
    if (isBlank(line.text)) continue
    const [block, next] = readerOf(line.text)(source, line)
    blocks.push(block)
    at = next
  }
  return blocks
}

/**
 * A function that splits a growing text. It reads again only from the last block but one, since a line that is not
 * complete can still join the block before it; the blocks before that come back as the same objects.
 */
export function createBlockSplitter(): (source: string) => Block[] {
  let known = ''
  let blocks: Block[] = []
  return (given) => {
    const source = given.includes('\r') ? given.replace(/\r\n?/g, '\n') : given
    if (source === known) return blocks
    const settled = source.startsWith(known) ? blocks.slice(0, -2) : []
    const changed = blocks.slice(settled.length)
    const fresh = splitBlocks(source, settled.length > 0 ? (changed[0]?.start ?? 0) : 0)
    blocks = [...settled, ...fresh.map((block, index) => sameOrNew(changed[index], block))]
    known = source
    return blocks
  }
}

function sameOrNew(before: Block | undefined, now: Block): Block {
  return before?.start === now.start && before.kind === now.kind && before.text === now.text ? before : now
}

function readerOf(line: string): Reader {
  if (indentOf(line) >= 4) return readIndentedCode
  if (fenceOf(line)) return readFence
  if (mathFenceOf(line)) return readMath
  if (headingDepthOf(line)) return readHeading
  if (listMarkerOf(line)) return readList
  if (isFootnote(line)) return readFootnote
  if (isThematicBreak(line) || isDefinition(line)) return readLine
  return readParagraph
}

const readHeading: Reader = (source, line) => {
  const depth = headingDepthOf(line.text) ?? 1
  return [{ kind: 'heading', depth, ...sourceOf(source, line.start, line.next) }, line.next]
}

const readFence: Reader = (source, line) => {
  const fence = fenceOf(line.text) ?? { indent: 0, marker: '```', info: '' }
  let end = source.length + 1
  let codeEnd = source.length + 1
  let isClosed = false
  for (const inner of linesFrom(source, line.next)) {
    if (!closesFence(inner.text, fence.marker)) continue
    isClosed = true
    codeEnd = inner.start
    end = inner.next
    break
  }
  // Lines that are still empty at the end of an open block are not there yet.
  const written = isClosed
    ? source.slice(line.next, Math.max(line.next, codeEnd - 1))
    : source.slice(line.next).trimEnd()
  const code = fence.indent === 0 ? written : written.replace(new RegExp(`^ {1,${fence.indent}}`, 'gm'), '')
  return [{ kind: 'fence', info: fence.info, code, ...sourceOf(source, line.start, end) }, end]
}

/** A blank line ends a formula that nothing has closed, so that a stray `$$` cannot swallow the rest of an answer. */
const readMath: Reader = (source, line) => {
  const closing = mathFenceOf(line.text) ?? '$$'
  const from = source.indexOf(closing === '$$' ? '$$' : '\\[', line.start) + 2
  for (const inner of linesFrom(source, line.start)) {
    const isComplete = inner.next <= source.length
    if (isBlank(inner.text) && isComplete) return readParagraph(source, line)
    const at = inner.text.indexOf(closing, Math.max(0, from - inner.start))
    if (at < 0) continue
    const end = inner.start + at + closing.length
    const tex = source.slice(from, inner.start + at).trim()
    // A sentence that goes on behind the formula is a block of its own.
    const next = isBlank(source.slice(end, inner.next - 1)) ? inner.next : end
    return [{ kind: 'math', tex, isClosed: true, ...sourceOf(source, line.start, end) }, next]
  }
  const end = source.length + 1
  return [{ kind: 'math', tex: source.slice(from).trim(), isClosed: false, ...sourceOf(source, line.start, end) }, end]
}

const readList: Reader = (source, line) => {
  const first = listMarkerOf(line.text)
  const starts = [line.start]
  let column = first?.contentColumn ?? 2
  let end = line.next
  // Only a paragraph goes on in a line that is not indented.
  let isInParagraph = !first?.isEmpty
  for (const inner of linesFrom(source, line.next)) {
    if (isBlank(inner.text)) {
      isInParagraph = false
      continue
    }
    const marker = indentOf(inner.text) < column ? listMarkerOf(inner.text) : undefined
    if (marker && marker.sign !== first?.sign) break
    if (marker) {
      starts.push(inner.start)
      column = marker.contentColumn
    } else if (indentOf(inner.text) < column && (!isInParagraph || endsItem(inner.text))) break
    isInParagraph = !marker?.isEmpty && !isHeadingOrFence(inner.text.trim())
    end = inner.next
  }
  const items = starts.map((start, index) => sourceOf(source, start, starts[index + 1] ?? end))
  return [{ kind: 'list', firstNumber: first?.number, items, ...sourceOf(source, line.start, end) }, end]
}

function isHeadingOrFence(line: string): boolean {
  return headingDepthOf(line) !== undefined || fenceOf(line) !== undefined
}

function endsItem(line: string): boolean {
  return interruptsParagraph(line) || isThematicBreak(line) || isQuote(line) || isFootnote(line)
}

const readIndentedCode: Reader = (source, line) => readIndented(source, line, false)

const readFootnote: Reader = (source, line) => readIndented(source, line, true)

/** Goes on over blank lines as long as lines are indented by four columns. */
function readIndented(source: string, line: Line, isParagraph: boolean): [Block, number] {
  let end = line.next
  let isAfterBlank = false
  for (const inner of linesFrom(source, line.next)) {
    if (isBlank(inner.text)) {
      isAfterBlank = true
      continue
    }
    const isContinued = isParagraph && !isAfterBlank && !interruptsParagraph(inner.text) && !isFootnote(inner.text)
    if (indentOf(inner.text) < 4 && !isContinued) break
    isAfterBlank = false
    end = inner.next
  }
  return [{ kind: 'markdown', ...sourceOf(source, line.start, end) }, end]
}

const readLine: Reader = (source, line) => [{ kind: 'markdown', ...sourceOf(source, line.start, line.next) }, line.next]

const readParagraph: Reader = (source, line) => {
  const isInQuote = isQuote(line.text)
  let before = line
  let end = line.next
  for (const inner of linesFrom(source, line.next)) {
    if (isBlank(inner.text) || interruptsParagraph(inner.text) || isFootnote(inner.text)) break
    if (!isInQuote && isQuote(inner.text)) break
    if (!isInQuote && beginsTable(before.text, inner.text)) {
      if (before.start === line.start) return readTable(source, line, inner)
      end = before.start
      break
    }
    const isHeading = !isInQuote && isUnderline(inner.text)
    if (!isHeading && isThematicBreak(inner.text)) break
    end = inner.next
    before = inner
    if (isHeading) break
  }
  return [{ kind: 'markdown', ...sourceOf(source, line.start, end) }, end]
}

function readTable(source: string, header: Line, delimiter: Line): [Block, number] {
  const rows: Part[] = []
  let end = delimiter.next
  for (const inner of linesFrom(source, delimiter.next)) {
    const isOther = indentOf(inner.text) >= 4 || endsItem(inner.text) || listMarkerOf(inner.text)
    if (isBlank(inner.text) || isOther) break
    rows.push(sourceOf(source, inner.start, inner.next))
    end = inner.next
  }
  const own = sourceOf(source, header.start, end)
  return [{ kind: 'table', header: header.text.trimEnd(), delimiter: delimiter.text.trimEnd(), rows, ...own }, end]
}

function sourceOf(source: string, start: number, end: number): Source {
  return { start, text: source.slice(start, end).trimEnd() }
}
