import type { DocumentLimits } from '../document.ts'
import { tooMuchText } from './text-builder.ts'
import { readXml, type XmlTag } from './xml.ts'

/** The texts cells refer to by number (ECMA-376 part 1, 18.4.9), without phonetic hints. */
export function readSharedStrings(
  content: Uint8Array | undefined,
  limits: Pick<DocumentLimits, 'characters'>,
): string[] {
  const strings: string[] = []
  if (!content) return strings
  let open = ''
  let length = 0
  let inText = false
  let inHint = false
  readXml(content, {
    open: ({ name }) => {
      if (name === 'si') open = ''
      if (name === 'rPh') inHint = true
      inText = name === 't' && !inHint
    },
    text: (text) => {
      if (!inText) return
      open += text
      length += text.length
      if (length > limits.characters) throw tooMuchText(limits)
    },
    close: (name) => {
      inText = false
      if (name === 'rPh') inHint = false
      if (name === 'si') strings.push(decodeEscapes(open))
    },
  })
  return strings
}

/** Characters XML cannot hold are written `_x000D_` (ECMA-376 part 1, 22.9.2.19). */
function decodeEscapes(text: string): string {
  return text.replace(/_x([\da-f]{4})_/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
}

interface Workbook {
  strings: readonly string[]
  /** A number as it is shown, by the number of its style. */
  format(value: string, style: number): string
}

/** Excel's own limit. */
const maxColumns = 16_384

/** Reads a sheet's rows in order; a cell that is not there is an empty one. */
export function readSheet(content: Uint8Array, { strings, format }: Workbook, row: (cells: string[]) => void) {
  let cells: string[] = []
  let column = 0
  let cell: XmlTag['attributes'] = {}
  let value = ''
  let inValue = false
  readXml(content, {
    open: ({ name, attributes }) => {
      if (name === 'row') {
        cells = []
        column = 0
      } else if (name === 'c') {
        cell = attributes
        value = ''
        column = columnOf(attributes.r) ?? column
      }
      inValue = name === 'v' || name === 't'
    },
    text: (text) => {
      if (inValue) value += text
    },
    close: (name) => {
      inValue = false
      if (name === 'c') {
        if (value !== '' && column < maxColumns) place(cells, column, shown(cell, value))
        column += 1
      } else if (name === 'row' && cells.length > 0) row(cells)
    },
  })

  function shown({ t: type, s: style }: XmlTag['attributes'], raw: string): string {
    if (type === 's') return strings[Number(raw)] ?? ''
    if (type === 'b') return raw === '1' ? 'TRUE' : 'FALSE'
    if (type === 'str' || type === 'inlineStr' || type === 'e' || type === 'd') return raw
    return format(raw, Number(style ?? 0))
  }
}

function place(cells: string[], column: number, text: string) {
  while (cells.length < column) cells.push('')
  cells[column] = text
}

/** Column of a reference such as `AB12`, from 0. */
function columnOf(reference: string | undefined): number | undefined {
  const letters = /^[A-Z]{1,3}/.exec(reference ?? '')?.[0]
  if (!letters) return undefined
  let column = 0
  for (const letter of letters) column = column * 26 + letter.charCodeAt(0) - 64
  return column - 1
}
