import { strToU8, zipSync } from 'fflate'

type Parts = Record<string, string>

const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const officeRelations = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const packageRelations = 'http://schemas.openxmlformats.org/package/2006/relationships'

/** A zip of text parts. */
export function zipOf(parts: Parts): Buffer {
  return Buffer.from(zipSync(Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, strToU8(text)]))))
}

function relations(rows: [id: string, type: string, target: string][]): string {
  const elements = rows.map(
    ([id, type, target]) => `<Relationship Id="${id}" Type="${officeRelations}/${type}" Target="${target}"/>`,
  )
  return `${head}<Relationships xmlns="${packageRelations}">${elements.join('')}</Relationships>`
}

function contentTypes(overrides: [part: string, type: string][]): string {
  const rows = overrides.map(
    ([part, type]) =>
      `<Override PartName="/${part}" ContentType="application/vnd.openxmlformats-officedocument.${type}+xml"/>`,
  )
  return `${head}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${rows.join('')}</Types>`
}

function core(title: string): string {
  return `${head}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>${escapeXml(title)}</dc:title></cp:coreProperties>`
}

/** `#` starts a heading, `|` a row of a table; the rest are paragraphs. */
export function docxParts(lines: string[], { title = '' } = {}): Parts {
  const document = `${head}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>${lines.map(wordBlock).join('')}</w:body></w:document>`
  const styles = [1, 2, 3].map(
    (level) => `<w:style w:type="paragraph" w:styleId="Heading${level}"><w:name w:val="heading ${level}"/></w:style>`,
  )
  return {
    '[Content_Types].xml': contentTypes([['word/document.xml', 'wordprocessingml.document.main']]),
    '_rels/.rels': relations([['rId1', 'officeDocument', 'word/document.xml']]),
    'docProps/core.xml': core(title),
    'word/document.xml': document,
    'word/styles.xml': `${head}<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">${styles.join('')}</w:styles>`,
    'word/_rels/document.xml.rels': relations([['rId1', 'styles', 'styles.xml']]),
  }
}

function wordBlock(line: string): string {
  const level = /^#{1,3}(?= )/.exec(line)?.[0].length
  if (level) return `<w:p><w:pPr><w:pStyle w:val="Heading${level}"/></w:pPr>${wordRun(line.slice(level + 1))}</w:p>`
  if (!line.startsWith('|')) return `<w:p>${wordRun(line)}</w:p>`
  const rows = line.split('\n').map((row) => row.split('|').filter((cell) => cell !== ''))
  const cells = (row: string[]) => row.map((cell) => `<w:tc><w:p>${wordRun(cell)}</w:p></w:tc>`).join('')
  const header = '<w:trPr><w:tblHeader/></w:trPr>'
  return `<w:tbl>${rows.map((row, at) => `<w:tr>${at === 0 ? header : ''}${cells(row)}</w:tr>`).join('')}</w:tbl>`
}

function wordRun(text: string): string {
  return `<w:r><w:t xml:space="preserve">${escapeXml(text)}</w:t></w:r>`
}

/** A cell: text (shared), a number, a date (ISO) or a share of one (`0.5%`). */
export type Cell = string | number | { date: string } | { percent: number } | null

export interface SheetFixture {
  name: string
  rows: Cell[][]
  hidden?: boolean
}

export function xlsxParts(sheets: SheetFixture[], { title = '' } = {}): Parts {
  const strings = [...new Set(sheets.flatMap(({ rows }) => rows.flat()).filter((cell) => typeof cell === 'string'))]
  const list = sheets.map(
    ({ name, hidden }, at) =>
      `<sheet name="${escapeXml(name)}" sheetId="${at + 1}" ${hidden ? 'state="hidden" ' : ''}r:id="rId${at + 1}"/>`,
  )
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
  return {
    '[Content_Types].xml': contentTypes([['xl/workbook.xml', 'spreadsheetml.sheet.main']]),
    '_rels/.rels': relations([['rId1', 'officeDocument', 'xl/workbook.xml']]),
    'docProps/core.xml': core(title),
    'xl/workbook.xml': `${head}<workbook xmlns="${main}" xmlns:r="${officeRelations}"><sheets>${list.join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relations([
      ...sheets.map((_, at): [string, string, string] => [
        `rId${at + 1}`,
        'worksheet',
        `worksheets/sheet${at + 1}.xml`,
      ]),
      ['rId90', 'sharedStrings', 'sharedStrings.xml'],
      ['rId91', 'styles', '/xl/styles.xml'],
    ]),
    'xl/sharedStrings.xml': `${head}<sst xmlns="${main}">${strings.map((text) => `<si><t>${escapeXml(text)}</t></si>`).join('')}</sst>`,
    'xl/styles.xml': `${head}<styleSheet xmlns="${main}"><numFmts count="1"><numFmt numFmtId="164" formatCode="[$-409]d\\.\\ mmm\\ yyyy;@"/></numFmts><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="9"/></cellXfs></styleSheet>`,
    ...Object.fromEntries(
      sheets.map(({ rows }, at) => [
        `xl/worksheets/sheet${at + 1}.xml`,
        `${head}<worksheet xmlns="${main}"><sheetData>${rows.map((row, index) => sheetRow(row, index + 1, strings)).join('')}</sheetData></worksheet>`,
      ]),
    ),
  }
}

function sheetRow(cells: Cell[], row: number, strings: string[]): string {
  const written = cells.map((cell, column) => {
    const reference = `r="${String.fromCharCode(65 + column)}${row}"`
    if (cell === null) return ''
    if (typeof cell === 'string') return `<c ${reference} t="s"><v>${strings.indexOf(cell)}</v></c>`
    if (typeof cell === 'number') return `<c ${reference}><v>${cell}</v></c>`
    if ('percent' in cell) return `<c ${reference} s="2"><v>${cell.percent}</v></c>`
    return `<c ${reference} s="1"><v>${(Date.parse(cell.date) - Date.UTC(1899, 11, 30)) / 86_400_000}</v></c>`
  })
  return `<row r="${row}">${written.join('')}</row>`
}

export interface SlideFixture {
  title?: string
  text: string[]
  notes?: string
}

/** Slides are stored under numbers in reverse, so that only `sldIdLst` tells their order. */
export function pptxParts(slides: SlideFixture[], { title = '' } = {}): Parts {
  const main =
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
  const file = (at: number) => `slide${slides.length - at}.xml`
  const ids = slides.map((_, at) => `<p:sldId id="${256 + at}" r:id="rId${at + 1}"/>`)
  const parts: Parts = {
    '[Content_Types].xml': contentTypes([['ppt/presentation.xml', 'presentationml.presentation.main']]),
    '_rels/.rels': relations([['rId1', 'officeDocument', 'ppt/presentation.xml']]),
    'docProps/core.xml': core(title),
    'ppt/presentation.xml': `${head}<p:presentation ${main} xmlns:r="${officeRelations}"><p:sldIdLst>${ids.join('')}</p:sldIdLst></p:presentation>`,
    'ppt/_rels/presentation.xml.rels': relations(
      slides.map((_, at) => [`rId${at + 1}`, 'slide', `slides/${file(at)}`]),
    ),
  }
  for (const [at, slide] of slides.entries()) {
    const shapes = [
      ...(slide.title ? [shape(slide.title, 'title')] : []),
      ...slide.text.map((text) => shape(text, 'body')),
      shape(`${at + 1}`, 'sldNum'),
    ]
    parts[`ppt/slides/${file(at)}`] =
      `${head}<p:sld ${main}><p:cSld><p:spTree>${shapes.join('')}</p:spTree></p:cSld></p:sld>`
    if (!slide.notes) continue
    parts[`ppt/slides/_rels/${file(at)}.rels`] = relations([['rId1', 'notesSlide', `../notesSlides/notes${at}.xml`]])
    parts[`ppt/notesSlides/notes${at}.xml`] =
      `${head}<p:notes ${main}><p:cSld><p:spTree>${shape(slide.notes, 'body')}</p:spTree></p:cSld></p:notes>`
  }
  return parts
}

function shape(text: string, type: string): string {
  const paragraphs = text.split('\n').map((line) => `<a:p><a:r><a:t>${escapeXml(line)}</a:t></a:r></a:p>`)
  return `<p:sp><p:nvSpPr><p:nvPr><p:ph type="${type}"/></p:nvPr></p:nvSpPr><p:txBody>${paragraphs.join('')}</p:txBody></p:sp>`
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
