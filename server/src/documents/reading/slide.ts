import { readXml } from './xml.ts'

export interface Slide {
  title: string
  /** One per shape or row of a table, in the order of the file. */
  paragraphs: string[]
}

/** Placeholders that hold what is the same on every slide (ECMA-376 part 1, 19.7.10). */
const furniture = new Set(['dt', 'ftr', 'hdr', 'sldNum', 'sldImg'])

/** Reads a slide's or a notes page's XML (`p:sld`, `p:notes`). */
export function readSlide(content: Uint8Array): Slide {
  const slide: Slide = { title: '', paragraphs: [] }
  let placeholder = ''
  let lines: string[] = []
  let cells: string[] = []
  let inText = false

  const opens: Record<string, (attributes: Record<string, string>) => void> = {
    sp: () => {
      placeholder = ''
      lines = []
    },
    ph: (attributes) => {
      placeholder = attributes.type ?? 'body'
    },
    p: () => lines.push(''),
    br: () => lines.push(''),
    tc: () => {
      lines = []
    },
    tr: () => {
      cells = []
    },
    t: () => {
      inText = true
    },
  }
  const closes: Record<string, () => void> = {
    t: () => {
      inText = false
    },
    tc: () => cells.push(written(lines).replaceAll('\n', ' ')),
    tr: () => slide.paragraphs.push(cells.filter((cell) => cell !== '').join(' | ')),
    sp: () => {
      const text = written(lines)
      const isTitle = placeholder === 'title' || placeholder === 'ctrTitle'
      if (isTitle && slide.title === '') slide.title = text
      else if (text !== '' && !furniture.has(placeholder)) slide.paragraphs.push(text)
    },
  }
  readXml(content, {
    open: ({ name, attributes }) => opens[name]?.(attributes),
    text: (text) => {
      if (inText) lines.push((lines.pop() ?? '') + text)
    },
    close: (name) => closes[name]?.(),
  })
  return slide
}

function written(lines: string[]): string {
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n')
}
