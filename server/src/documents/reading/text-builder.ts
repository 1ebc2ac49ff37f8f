import { DocumentError, type DocumentLimits } from '../document.ts'

/** A piece of a document that belongs together: a heading, a paragraph, a row, a fence of code. */
export interface Span {
  kind: 'heading' | 'text' | 'lines'
  /** UTF-16 offsets into the whole text. */
  start: number
  end: number
  /** The headings above it, a heading's own text included. The same array for all spans of a section. */
  path: readonly string[]
  page: number | null
}

/** What a format's reader tells of a document, in order. */
export interface TextBuilder {
  /** Starts a page or slide, from 1; headings go on unless they are reset. */
  page(number: number): void
  /** A heading of level 1 to 6; `shown` is how it stands in the text, where that differs. */
  heading(level: number, title: string, shown?: string): void
  /** Forgets the headings so far. */
  resetHeadings(): void
  paragraph(text: string): void
  /** Text that is divided between its lines only: code, lists. */
  lines(text: string): void
  /** A line that stands directly under the one before it: a row of a table. */
  row(text: string): void
  /** Returns a text that may become part of the document; throws if it alone is more than is allowed. */
  admit(text: string): string
  /** UTF-16 units so far. */
  length(): number
  finish(): { text: string; spans: Span[] }
}

/** Gathers a document's text, within the limit of characters. */
export function createTextBuilder(limits: Pick<DocumentLimits, 'characters'>): TextBuilder {
  const parts: string[] = []
  const spans: Span[] = []
  let length = 0
  let page: number | null = null
  let headings: { level: number; title: string }[] = []
  let path: readonly string[] = []

  function add(kind: Span['kind'], raw: string, separator: string) {
    const text = storable(raw).trim()
    if (text === '') return
    if (length > 0) {
      parts.push(separator)
      length += separator.length
    }
    if (length + text.length > limits.characters) throw tooMuchText(limits)
    parts.push(text)
    spans.push({ kind, start: length, end: length + text.length, path, page })
    length += text.length
  }

  return {
    page(number) {
      page = number
    },
    heading(level, title, shown = title) {
      const name = titleOf(title)
      if (name === '') return add('text', shown, '\n\n')
      headings = [...headings.filter((above) => above.level < level), { level, title: name }]
      path = headings.map((above) => above.title)
      add('heading', shown, '\n\n')
    },
    resetHeadings() {
      headings = []
      path = []
    },
    paragraph: (text) => add('text', text, '\n\n'),
    lines: (text) => add('lines', text, '\n\n'),
    row: (text) => add('lines', text, '\n'),
    admit(text) {
      if (text.length > limits.characters * 2) throw tooMuchText(limits)
      return text
    },
    length: () => length,
    finish: () => ({ text: parts.join(''), spans }),
  }
}

/** As long as a heading may be as a label; what is longer is shown whole in the text. */
const maxTitleLength = 120

/** One line of at most 120 characters, as headings and titles are shown. */
export function titleOf(text: string): string {
  const line = storable(text).replace(/\s+/g, ' ').trim()
  if (line.length <= maxTitleLength) return line
  return `${line.slice(0, maxTitleLength - 1).replace(/[\ud800-\udbff]$/, '')}…`
}

/** PostgreSQL stores neither U+0000, which PDFs give for unknown glyphs, nor halves of characters. */
function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed()
}

/** Thrown as soon as a document turns out to hold more text than is allowed. */
export function tooMuchText({ characters }: Pick<DocumentLimits, 'characters'>): DocumentError {
  const limit = characters.toLocaleString('en')
  return new DocumentError(
    'too_much_text',
    `This file holds more than ${limit} characters of text. Split it into smaller files.`,
  )
}
