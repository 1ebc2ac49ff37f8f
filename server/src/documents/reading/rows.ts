import type { TextBuilder } from './text-builder.ts'

/** `Header: value; Header: value`; values without a header stand alone, empty ones are left out. */
export function labelled(values: string[], headers: string[]): string {
  return values
    .map((value, at) => (value !== '' && headers[at] ? `${headers[at]}: ${value}` : value))
    .filter((value) => value !== '')
    .join(headers.length > 0 ? '; ' : ' | ')
}

/** Rows above the headers, such as a title or a date. */
const maxRowsAbove = 10

/**
 * Takes a table row by row and writes each as a line of `Header: value`, so that a passage from its middle can be
 * understood. The headers are the first row with several cells, if all of them are words; rows above are written as they are.
 */
export function createRowWriter(builder: TextBuilder): (cells: string[]) => void {
  let headers: string[] = []
  let searching = true
  let row = 0
  return (raw) => {
    const cells = raw.map((cell) => (cell === '' ? '' : cell.replace(/\s+/g, ' ').trim()))
    const filled = cells.filter((cell) => cell !== '')
    if (filled.length === 0) return
    const isHeader = searching && filled.length > 1 && filled.every(isWord)
    if (isHeader) headers = cells
    if (isHeader || filled.length > 1 || row >= maxRowsAbove) searching = false
    const line = isHeader ? filled.join(' | ') : labelled(cells, headers)
    if (row === 0) builder.lines(line)
    else builder.row(line)
    row += 1
  }
}

/** Not a number, date or sum of money, and no longer than a label. */
function isWord(cell: string): boolean {
  return cell.length <= 100 && /\p{L}/u.test(cell) && !/^[\d\s.,:/+-]+\s?\S{0,3}$/.test(cell)
}
