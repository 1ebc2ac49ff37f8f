/** What a line of Markdown begins, seen by itself. `indent` counts columns, a tab going to the next multiple of four. */
export interface Fence {
  indent: number
  marker: string
  info: string
}

export interface ListMarker {
  /** The bullet, or the sign behind the number: a change of it begins another list. */
  sign: string
  /** Undefined for bullets. */
  number: number | undefined
  indent: number
  /** The column where the item's content begins: what is indented this far belongs to the item. */
  contentColumn: number
  isEmpty: boolean
}

export type MathFence = '$$' | '\\]'

export const isBlank = (line: string) => /^[ \t]*$/.test(line)

/** Columns of white space at the start of `line`. */
export function indentOf(line: string): number {
  let columns = 0
  for (const character of line) {
    if (character === ' ') columns += 1
    else if (character === '\t') columns += 4 - (columns % 4)
    else break
  }
  return columns
}

/** The opening fence of a code block; an info string after backticks has no backtick. */
export function fenceOf(line: string): Fence | undefined {
  const match = /^( {0,3})(`{3,}|~{3,})(.*)$/.exec(line)
  if (!match) return undefined
  const [, space = '', marker = '', info = ''] = match
  if (marker.startsWith('`') && info.includes('`')) return undefined
  return { indent: space.length, marker, info: info.trim() }
}

export function closesFence(line: string, marker: string): boolean {
  const match = /^ {0,3}(`{3,}|~{3,})[ \t]*$/.exec(line)
  return match?.[1]?.startsWith(marker) ?? false
}

/**
 * The closing delimiter of a formula that begins with this line and stands by itself: `$$` or `\[`, closed at the end of
 * this line or on a later one. Formulas within a sentence are not meant.
 */
export function mathFenceOf(line: string): MathFence | undefined {
  const match = /^ {0,3}(\$\$|\\\[)(.*)$/.exec(line)
  if (!match) return undefined
  const closing = match[1] === '$$' ? '$$' : '\\]'
  const rest = (match[2] ?? '').trimEnd()
  const at = rest.indexOf(closing)
  if (at >= 0 && at !== rest.length - closing.length) return undefined
  return closing
}

/** The depth of a heading written with `#`. */
export function headingDepthOf(line: string): number | undefined {
  return /^ {0,3}(#{1,6})(?:[ \t]|$)/.exec(line)?.[1]?.length
}

export function listMarkerOf(line: string): ListMarker | undefined {
  const match = /^( {0,3})(?:([-+*])|(\d{1,9})([.)]))([ \t]+|$)/.exec(line)
  if (!match || isThematicBreak(line)) return undefined
  const [before = '', space = '', bullet, digits, sign] = match
  const isEmpty = before.length === line.length
  const markerEnd = before.length - (match[5]?.length ?? 0)
  const padding = indentOf(' '.repeat(markerEnd % 4) + (match[5] ?? '')) - (markerEnd % 4)
  return {
    sign: bullet ?? sign ?? '',
    number: digits === undefined ? undefined : Number(digits),
    indent: space.length,
    contentColumn: markerEnd + (isEmpty || padding > 4 ? 1 : padding),
    isEmpty,
  }
}

export function isThematicBreak(line: string): boolean {
  return /^ {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$/.test(line)
}

/** Makes a heading of the paragraph above. */
export const isUnderline = (line: string) => /^ {0,3}(?:=+|-+)[ \t]*$/.test(line)

/** Says where the links with a label lead, on one line. */
export function isDefinition(line: string): boolean {
  return /^ {0,3}\[(?:[^\]\\]|\\.){1,999}\]:[ \t]*[^\s]+(?:[ \t]+(?:"[^"]*"|'[^']*'|\([^)]*\)))?[ \t]*$/.test(line)
}

export const isQuote = (line: string) => /^ {0,3}>/.test(line)

export const isFootnote = (line: string) => /^ {0,3}\[\^[^\]\s]+\]:/.test(line)

/** Whether a line ends the paragraph before it without a blank line between and is read as a block of its own. */
export function interruptsParagraph(line: string): boolean {
  if (fenceOf(line) || mathFenceOf(line) || headingDepthOf(line)) return true
  const marker = listMarkerOf(line)
  return marker !== undefined && !marker.isEmpty && (marker.number ?? 1) === 1
}

export const isTableDelimiter = (line: string) =>
  line.includes('-') &&
  /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/.test(line) &&
  /[|:]/.test(line)

/** The cells of a row of a table, at every pipe that is not escaped; `\|` becomes a pipe. */
export function cellsOf(line: string): string[] {
  const row = line.trim().replace(/^\|/, '')
  const cells: string[] = []
  let cell = ''
  for (let at = 0; at < row.length; at += 1) {
    const character = row.charAt(at)
    if (character === '\\' && row[at + 1] === '|') {
      cell += '|'
      at += 1
    } else if (character === '\\') {
      cell += row.slice(at, at + 2)
      at += 1
    } else if (character === '|') {
      cells.push(cell.trim())
      cell = ''
    } else cell += character
  }
  if (cell.trim() !== '' || !row.endsWith('|')) cells.push(cell.trim())
  return cells
}

/** Whether `header` and `delimiter` are the first two lines of a table. */
export function beginsTable(header: string, delimiter: string): boolean {
  return (
    isTableDelimiter(delimiter) &&
    header.includes('|') &&
    indentOf(header) < 4 &&
    cellsOf(header).length === cellsOf(delimiter).length
  )
}
