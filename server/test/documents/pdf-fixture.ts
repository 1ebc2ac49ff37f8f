import { Buffer } from 'node:buffer'

export interface PdfLine {
  text: string
  /** Points. */
  size?: number
  x?: number
  y: number
  /** Writes glyph numbers that only the font's ToUnicode map explains. */
  mapped?: boolean
}

/** A PDF from the bodies of its numbered objects (ISO 32000-1, 7.5), object 1 being the catalogue. */
export function pdfOf(objects: (string | Buffer)[], trailer = ''): Buffer {
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n', 'latin1')]
  const offsets: number[] = []
  let length = parts[0]?.length ?? 0
  const add = (part: Buffer) => {
    parts.push(part)
    length += part.length
  }
  for (const [index, body] of objects.entries()) {
    offsets.push(length)
    add(Buffer.from(`${index + 1} 0 obj\n`))
    add(Buffer.isBuffer(body) ? body : Buffer.from(body, 'latin1'))
    add(Buffer.from('\nendobj\n'))
  }
  const start = length
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  add(Buffer.from(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}`))
  add(Buffer.from(`trailer\n<< /Size ${objects.length + 1} /Root 1 0 R ${trailer} >>\nstartxref\n${start}\n%%EOF\n`))
  return Buffer.concat(parts)
}

export function streamOf(content: Buffer | string, dictionary = ''): Buffer {
  const bytes = Buffer.from(content)
  return Buffer.concat([
    Buffer.from(`<< /Length ${bytes.length} ${dictionary} >>\nstream\n`),
    bytes,
    Buffer.from('\nendstream'),
  ])
}

/** Number of the first page's object; each page takes two. */
const firstPage = 6

/** A PDF of pages of lines, with Helvetica and a font that has a ToUnicode map. */
export function pdfOfPages(pages: PdfLine[][], { title = '' } = {}): Buffer {
  const kids = pages.map((_, index) => `${firstPage + index * 2} 0 R`).join(' ')
  const mapped = [...new Set(pages.flat().flatMap((line) => (line.mapped ? [...line.text] : [])))]
  const fixed = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
    '<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman /ToUnicode 5 0 R >>',
    streamOf(toUnicode(mapped)),
  ]
  const drawn = pages.flatMap((lines, index) => [
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> /Contents ${firstPage + 1 + index * 2} 0 R >>`,
    streamOf(Buffer.from(lines.map((line) => operators(line, mapped)).join('\n'), 'latin1')),
  ])
  const info = firstPage + pages.length * 2
  return pdfOf([...fixed, ...drawn, `<< /Title (${title}) >>`], title === '' ? '' : `/Info ${info} 0 R`)
}

function operators({ text, size = 11, x = 72, y, mapped: isMapped }: PdfLine, mapped: string[]): string {
  const codes = [...text].map((character) => (33 + mapped.indexOf(character)).toString(16).padStart(2, '0'))
  const shown = isMapped ? `<${codes.join('')}>` : `(${text.replace(/[\\()]/g, '\\$&')})`
  return `BT /${isMapped ? 'F2' : 'F1'} ${size} Tf 1 0 0 1 ${x} ${y} Tm ${shown} Tj ET`
}

/** Maps glyphs from 33 on to characters (ISO 32000-1, 9.10.3). */
function toUnicode(characters: string[]): string {
  const rows = characters.map((character, at) => {
    const code = (33 + at).toString(16).padStart(2, '0')
    return `<${code}> <${Buffer.from(character, 'utf16le').swap16().toString('hex')}>`
  })
  return `/CIDInit /ProcSet findresource begin 12 dict begin begincmap
1 begincodespacerange <00> <ff> endcodespacerange
${rows.length} beginbfchar
${rows.join('\n')}
endbfchar endcmap end end`
}

/** Lines of running text from the top of a page, 14 points apart. */
export function column(lines: string[], { top = 780, size = 11 } = {}): PdfLine[] {
  return lines.map((text, index) => ({ text, size, y: top - index * 14 }))
}
