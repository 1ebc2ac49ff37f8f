import { readXml } from './xml.ts'

type Format = 'general' | 'date' | 'time' | 'datetime' | 'percent'

/** Formats that need no declaration (ECMA-376 part 1, 18.8.30). */
const builtIn: Record<number, Format> = {
  9: 'percent',
  10: 'percent',
  14: 'date',
  15: 'date',
  16: 'date',
  17: 'date',
  18: 'time',
  19: 'time',
  20: 'time',
  21: 'time',
  22: 'datetime',
  45: 'time',
  46: 'time',
  47: 'time',
}

/** Makes the function that shows a cell's number as a person sees it: dates as ISO dates, shares in per cent. */
export function createCellFormatter(
  styles: Uint8Array | undefined,
  { date1904 }: { date1904: boolean },
): (value: string, style: number) => string {
  const formats = styles ? readFormats(styles) : []
  return (value, style) => {
    const number = Number(value)
    if (value.trim() === '' || !Number.isFinite(number)) return value
    const format = formats[style] ?? 'general'
    if (format === 'general') return rounded(number)
    if (format === 'percent') return `${rounded(number * 100)}%`
    return shownDate(date1904 ? number + 1462 : number, format)
  }
}

/** Formats by style number: `cellXfs` refers to built-in formats and to those declared in `numFmts`. */
function readFormats(styles: Uint8Array): Format[] {
  const declared = new Map<number, Format>()
  const formats: Format[] = []
  let inCells = false
  readXml(styles, {
    open: ({ name, attributes }) => {
      const id = Number(attributes.numFmtId)
      if (name === 'numFmt') declared.set(id, formatOf(attributes.formatCode ?? ''))
      if (name === 'cellXfs') inCells = true
      if (name === 'xf' && inCells) formats.push(declared.get(id) ?? builtIn[id] ?? 'general')
    },
    close: (name) => {
      if (name === 'cellXfs') inCells = false
    },
  })
  return formats
}

/** What a format code such as `[$-409]d. mmm yyyy;@` shows. */
function formatOf(code: string): Format {
  const bare = code
    .slice(0, 255)
    .replace(/"[^"]*"|\\.|\[(?!h+\]|m+\]|s+\])[^\]]*\]|_.|\*./gi, '')
    .toLowerCase()
  const isTime = /[hs]/.test(bare)
  const isDate = /[yd]/.test(bare) || (/m/.test(bare) && !isTime)
  if (isDate) return isTime ? 'datetime' : 'date'
  if (isTime) return 'time'
  return bare.includes('%') ? 'percent' : 'general'
}

/** Fifteen digits are what Excel keeps; more are noise of binary fractions. */
function rounded(number: number): string {
  return String(Number(number.toPrecision(15)))
}

const dayMs = 86_400_000

/** Day 0 of Excel's calendar, which counts a 29 February 1900 that never was. */
const epochMs = Date.UTC(1899, 11, 30)

function shownDate(days: number, format: 'date' | 'time' | 'datetime'): string {
  const date = new Date(epochMs + Math.round((days * dayMs) / 1000) * 1000)
  if (Number.isNaN(date.getTime())) return rounded(days)
  const [day, time] = date.toISOString().replace('.000Z', '').split('T')
  const clock = time?.replace(/:00$/, '') ?? ''
  if (format === 'time' || days < 1) return clock
  return format === 'date' || clock === '00:00' ? `${day}` : `${day} ${clock}`
}
