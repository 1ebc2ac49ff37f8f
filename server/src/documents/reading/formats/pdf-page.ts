import type { TextBuilder } from '../text-builder.ts'

/** What PDF.js tells of a run of text (its TextItem). */
interface TextRun {
  str: string
  /** Matrix of the text: font size from its scale, position in its last two numbers. */
  transform: number[]
  width: number
  height: number
  hasEOL: boolean
}

/** Marks where tagged content begins and ends. */
interface Mark {
  type: string
}

interface Line {
  text: string
  size: number
  x: number
  /** Distance from the page's lower edge. */
  y: number
}

/** Reads pages into lines, paragraphs and headings. The size of body text is learned over the pages. */
export function createPageReader(builder: TextBuilder): (items: (TextRun | Mark)[]) => void {
  const charactersBySize = new Map<number, number>()
  return (items) => {
    const lines = linesOf(items)
    for (const { size, text } of lines) charactersBySize.set(size, (charactersBySize.get(size) ?? 0) + text.length)
    const body = mostFrequent(charactersBySize)
    for (const block of blocksOf(lines)) {
      const level = headingLevel(block, body)
      const text = joinLines(block)
      if (level) builder.heading(level, text)
      else builder.paragraph(text)
    }
  }
}

function linesOf(items: (TextRun | Mark)[]): Line[] {
  const lines: Line[] = []
  let open: Line | undefined
  let right = 0
  for (const item of items) {
    if (!('str' in item)) continue
    const { str, transform, width, height, hasEOL } = item
    const [x, y] = [transform[4] ?? 0, transform[5] ?? 0]
    const size = Math.round((height || Math.hypot(transform[2] ?? 0, transform[3] ?? 0)) * 2) / 2
    // Some writers place every word by itself and never say where a line ends.
    if (open && str.trim() !== '' && Math.abs(y - open.y) > Math.max(size, open.size) * 0.7) open = undefined
    if (!open && str.trim() !== '') {
      open = { text: '', size, x, y }
      right = x
      lines.push(open)
    }
    if (open && str !== '') {
      const gap = x - right
      if (gap > size * 0.2 && !/\s$/.test(open.text) && !str.startsWith(' ')) open.text += ' '
      open.text += str
      open.size = Math.max(open.size, size)
      right = x + width
    }
    if (hasEOL) open = undefined
  }
  return lines
}

/** Lines that follow each other closely in one size are a block. */
function blocksOf(lines: Line[]): Line[][] {
  const blocks: Line[][] = []
  for (const line of lines) {
    const block = blocks.at(-1)
    const last = block?.at(-1)
    const drop = last ? last.y - line.y : 0
    if (block && last && last.size === line.size && drop > 0 && drop < line.size * 1.7) block.push(line)
    else blocks.push([line])
  }
  return blocks
}

/** Larger than body text, short, and with a letter in it. */
function headingLevel(block: Line[], body: number): number | undefined {
  const size = block[0]?.size ?? 0
  const text = block.map((line) => line.text).join(' ')
  if (size < body * 1.15 || block.length > 3 || text.length > 200 || !/\p{L}/u.test(text)) return undefined
  if (size >= body * 1.7) return 1
  return size >= body * 1.35 ? 2 : 3
}

/** Lines of one paragraph; a word that was divided at a line's end is whole again. */
function joinLines(block: Line[]): string {
  let text = ''
  for (const line of block) {
    const next = line.text.trim()
    if (/\p{L}[-\u2010\u00ad]$/u.test(text) && /^\p{Ll}/u.test(next)) text = text.slice(0, -1) + next
    else text += text === '' ? next : `\n${next}`
  }
  return text
}

function mostFrequent(charactersBySize: Map<number, number>): number {
  let best = 0
  let most = 0
  for (const [size, characters] of charactersBySize) {
    if (characters <= most) continue
    best = size
    most = characters
  }
  return best
}
