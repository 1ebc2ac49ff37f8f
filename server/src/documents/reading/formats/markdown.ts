import type { FormatInput, FormatResult } from '../format.ts'
import { type TextBuilder, titleOf } from '../text-builder.ts'
import { normaliseLines } from './text.ts'

/** Markdown as it is written, by its structure (CommonMark 0.31): headings, fences, lists, tables and paragraphs. */
export async function readMarkdown({ bytes, decode, builder, progress }: FormatInput): Promise<FormatResult> {
  const lines = normaliseLines(await decode()).split('\n')
  const { next, title } = frontMatter(lines, builder)
  const firstHeading = readBlocks(lines, next, builder)
  progress(bytes.length, bytes.length)
  return { title: title ?? firstHeading, pages: null }
}

/** A leading block between `---` lines holds properties of the page. */
function frontMatter(lines: string[], builder: TextBuilder): { next: number; title: string | null } {
  const end =
    lines[0]?.trimEnd() === '---' ? lines.slice(0, 200).findIndex((line, at) => at > 0 && line.trimEnd() === '---') : -1
  if (end === -1) return { next: 0, title: null }
  const properties = lines.slice(1, end)
  builder.lines(properties.join('\n'))
  const title = properties.find((line) => line.startsWith('title:'))?.slice('title:'.length)
  return { next: end + 1, title: title ? titleOf(title).replace(/^(["'])(.*)\1$/, '$2') : null }
}

/** Returns the first heading of level 1. */
function readBlocks(lines: string[], from: number, builder: TextBuilder): string | null {
  let firstHeading: string | null = null
  let open: string[] = []

  function flush() {
    const text = open.join('\n')
    if (open[0] !== undefined && startsLines(open[0])) builder.lines(text)
    else builder.paragraph(text)
    open = []
  }
  function heading(level: number, title: string, shown: string) {
    builder.heading(level, plain(title), shown)
    if (level === 1) firstHeading ??= titleOf(plain(title))
  }

  for (let at = from; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    const fence = fenceOf(line)
    const atx = atxHeading(line)
    const underline = open.length === 1 && !startsLines(open[0] ?? '') ? underlineLevel(line) : undefined
    if (fence) {
      flush()
      const end = fenceEnd(lines, at, fence)
      builder.lines(lines.slice(at, end + 1).join('\n'))
      at = end
    } else if (atx) {
      flush()
      heading(atx.level, atx.title, line)
    } else if (underline) {
      const title = open[0] ?? ''
      open = []
      heading(underline, title, `${title}\n${line}`)
    } else if (line.trim() === '') flush()
    else open.push(line)
  }
  flush()
  return firstHeading
}

function atxHeading(line: string): { level: number; title: string } | undefined {
  const marks = /^ {0,3}(#{1,6})(?=[ \t]|$)/.exec(line)
  if (!marks?.[1]) return undefined
  return {
    level: marks[1].length,
    title: line
      .slice(marks[0].length)
      .trim()
      .replace(/(?<!#)#+$/, '')
      .trim(),
  }
}

function underlineLevel(line: string): number | undefined {
  if (/^ {0,3}=+[ \t]*$/.test(line)) return 1
  return /^ {0,3}-{2,}[ \t]*$/.test(line) ? 2 : undefined
}

function fenceOf(line: string): string | undefined {
  return /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1]
}

function fenceEnd(lines: string[], start: number, fence: string): number {
  const close = (line: string) => {
    const text = line.trim()
    return text.length >= fence.length && text === fence.charAt(0).repeat(text.length)
  }
  for (let at = start + 1; at < lines.length; at += 1) if (close(lines[at] ?? '')) return at
  return lines.length - 1
}

/** List items, table rows and quotes are divided between lines, never within one. */
function startsLines(line: string): boolean {
  return /^\s{0,12}(?:[-*+] |\d{1,9}[.)] |\||>)/.test(line)
}

/** A heading without emphasis, code marks and the addresses of its links. */
function plain(title: string): string {
  return title
    .slice(0, 1000)
    .replace(/!?\[([^\][]*)\]\([^()]*\)/g, '$1')
    .replace(/[*`]|(?<!\w)_|_(?!\w)/g, '')
}
