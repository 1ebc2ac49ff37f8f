import type { TextBuilder } from './text-builder.ts'

/** A cell that has something in it. */
interface Cell {
  /** From 0. */
  column: number
  text: string
}

/** `Header: value; Header: value`; values without a header stand alone, empty ones are left out. */
export function labelled(values: string[], headers: string[]): string {
  return lineOf(filledOf(values), headers)
}

function lineOf(cells: Cell[], headers: string[]): string {
  return cells
    .map(({ column, text }) => (headers[column] ? `${headers[column]}: ${text}` : text))
    .join(headers.length > 0 ? '; ' : ' | ')
}

/** Looked for once: in a sheet a row may have thousands of empty cells before the only one that is not. */
function filledOf(values: string[]): Cell[] {
  const cells: Cell[] = []
  for (let column = 0; column < values.length; column += 1) {
    const value = values[column]
    const text = value ? value.replace(/\s+/g, ' ').trim() : ''
    if (text !== '') cells.push({ column, text })
  }
  return cells
}

/** Rows above the headers, such as a title or a date. */
const maxRowsAbove = 10

/**
 * Takes a table row by row and writes each as a line of `Header: value`, so that a passage from its middle can be
 * understood. The headers are the first row with several cells, if all of them are words; rows above are written as they are.
 */
export function createRowWriter(builder: TextBuilder): (cells: string[]) => void {
  const headers: string[] = []
  let searching = true
  let row = 0
  return (raw) => {
    const cells = filledOf(raw)
    if (cells.length === 0) return
    const isHeader = searching && cells.length > 1 && cells.every(isWord)
    const line = lineOf(cells, isHeader ? [] : headers)
    if (isHeader) for (const { column, text } of cells) headers[column] = text
    if (isHeader || cells.length > 1 || row >= maxRowsAbove) searching = false
    if (row === 0) builder.lines(line)
    else builder.row(line)
    row += 1
  }
}

/** Not a number, date or sum of money, and no longer than a label. */
function isWord({ text }: Cell): boolean {
  return text.length <= 100 && /\p{L}/u.test(text) && !/^[\d\s.,:/+-]+\s?\S{0,3}$/.test(text)
}
