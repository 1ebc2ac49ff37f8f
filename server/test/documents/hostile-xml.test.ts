import { expect, test, vi } from 'vitest'
import { docxParts, pptxParts, xlsxParts, zipOf } from './office-fixture.ts'
import { createWatch } from './watched.ts'

vi.setConfig({ testTimeout: 60_000 })
const { read, readAll, url } = createWatch()
const documents = {
  docx: docxParts(['# Title', 'Some text.']),
  xlsx: xlsxParts([
    {
      name: 'Sheet',
      rows: [
        ['a', 'b'],
        ['c', 'd'],
      ],
    },
  ]),
  pptx: pptxParts([{ title: 'Title', text: ['Some text.'] }]),
}
const kinds = ['docx', 'xlsx', 'pptx'] as const

/** Parts each kind reads; text to replace by a reference to an entity. */
const parts = [
  ['docx', 'word/document.xml', 'Some text.'],
  ['docx', 'word/_rels/document.xml.rels', 'styles.xml'],
  ['docx', 'docProps/core.xml', '</cp:'],
  ['xlsx', 'xl/sharedStrings.xml', '<t>a'],
  ['xlsx', 'xl/workbook.xml', 'Sheet'],
  ['xlsx', 'xl/worksheets/sheet1.xml', '<v>0'],
  ['pptx', 'ppt/slides/slide1.xml', 'Some text.'],
  ['pptx', 'ppt/presentation.xml', '256'],
] as const

function withDoctype(kind: (typeof kinds)[number], part: string, text: string, doctype: string): Buffer {
  const changed = documents[kind][part as keyof (typeof documents)[typeof kind]] ?? ''
  const content = `${changed}`.replace('?>', `?>${doctype}`).replace(text, `&e;${text}`)
  return zipOf({ ...documents[kind], [part]: content })
}

const laughs = Array.from(
  { length: 12 },
  (_, at) => `<!ENTITY ${at === 11 ? 'e' : `l${at}`} "${at === 0 ? 'ha' : `&l${at - 1};`.repeat(10)}">`,
)

test.each(parts)('billion laughs in a %s (%s) are refused', async (kind, part, text) => {
  expect(await read(withDoctype(kind, part, text, `<!DOCTYPE x [${laughs.join('')}]>`), `a.${kind}`)).toBe('bomb')
})

test.each(kinds)('an external entity in a %s is refused and fetched by no one', async (kind) => {
  const [, part, text] = parts.find(([name]) => name === kind) ?? parts[0]
  const external = `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd"><!ENTITY % p SYSTEM "${url()}/p.dtd">%p;]>`
  expect(await read(withDoctype(kind, part, text, external), `a.${kind}`)).toBe('bomb')
  expect(await read(withDoctype(kind, part, text, `<!DOCTYPE x SYSTEM "${url()}/x.dtd">`), `a.${kind}`)).toBe('bomb')
})

test('entities in HTML and SVG are text or nothing, and fetched by no one', async () => {
  const entities = (name: string) => `<!DOCTYPE ${name} [${laughs.join('')}<!ENTITY x SYSTEM "${url()}/x">]>`
  const page = `${entities('html')}<html><body><p>Hello &e; &x; there.</p><img src="${url()}/i"><iframe src="${url()}/f"></iframe><link rel="stylesheet" href="${url()}/s"><script src="${url()}/j"></script></body></html>`
  expect(await read(page, 'a.html')).toBe('read')
  expect(await read(`${entities('svg')}<svg xmlns="http://www.w3.org/2000/svg"><text>&e;</text></svg>`, 'a.svg')).toBe(
    'unsupported_type',
  )
})

test('parts and pictures outside the file are fetched by no one', async () => {
  const relation = `<Relationship Id="rId7" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" Target="${url()}/i.png" TargetMode="External"/>`
  const external = (rels: string) => rels.replace('</Relationships>', `${relation}</Relationships>`)
  const docx = {
    ...documents.docx,
    'word/_rels/document.xml.rels': external(documents.docx['word/_rels/document.xml.rels'] ?? ''),
    'word/document.xml': (documents.docx['word/document.xml'] ?? '').replace(
      '</w:body>',
      `<w:p><w:r><w:drawing><wp:inline xmlns:wp="w"><a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData><pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:blipFill><a:blip xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:link="rId7"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p></w:body>`,
    ),
  }
  expect(await read(zipOf(docx), 'a.docx')).toBe('read')
  const pptx = {
    ...documents.pptx,
    'ppt/_rels/presentation.xml.rels': external(documents.pptx['ppt/_rels/presentation.xml.rels'] ?? ''),
  }
  expect(await read(zipOf(pptx), 'a.pptx')).toBe('read')
})

test.each(parts.filter(([, part]) => !part.startsWith('docProps')))(
  'elements nested a hundred thousand deep in a %s (%s) end it',
  async (kind, part) => {
    const content = `${documents[kind][part as keyof (typeof documents)[typeof kind]]}`
    const depth = 100_000
    const nested = content.replace(/(<\/[\w:]+>)$/, `${'<b>'.repeat(depth)}${'</b>'.repeat(depth)}$1`)
    expect(nested.length).toBeGreaterThan(content.length)
    expect(await read(zipOf({ ...documents[kind], [part]: nested }), `a.${kind}`)).toBeOneOf([
      'broken',
      'out_of_memory',
      'timeout',
    ])
  },
)

test('one long text told to be in a million cells is too much text', async () => {
  const rows = Array.from(
    { length: 40_000 },
    () => '<row><c t="s"><v>0</v></c><c t="s"><v>0</v></c><c t="s"><v>0</v></c></row>',
  )
  const content = `<worksheet><sheetData>${rows.join('')}</sheetData></worksheet>`
  const long = {
    'xl/sharedStrings.xml': `<sst><si><t>${'long text '.repeat(3000)}</t></si></sst>`,
    'xl/worksheets/sheet1.xml': content,
  }
  expect(await read(zipOf({ ...documents.xlsx, ...long }), 'a.xlsx')).toBe('too_much_text')
})

test('cells far to the right, and columns no sheet has, do no harm', async () => {
  const rows = Array.from(
    { length: 3000 },
    (_, at) => `<row><c r="XFD${at}"><v>${at}</v></c><c r="ZZZ${at}"><v>1</v></c></row>`,
  )
  const content = `<worksheet><sheetData>${rows.join('')}</sheetData></worksheet>`
  expect(await read(zipOf({ ...documents.xlsx, 'xl/worksheets/sheet1.xml': content }), 'a.xlsx')).toBe('read')
})

test('a presentation that names more slides than allowed has too many', async () => {
  const ids = Array.from({ length: 2001 }, () => '<p:sldId id="256" r:id="rId1"/>').join('')
  const presentation = (documents.pptx['ppt/presentation.xml'] ?? '').replace('</p:sldIdLst>', `${ids}</p:sldIdLst>`)
  expect(await read(zipOf({ ...documents.pptx, 'ppt/presentation.xml': presentation }), 'a.pptx')).toBe(
    'too_many_pages',
  )
})

test('XML that is none is broken', async () => {
  const broken = parts
    .filter(([, name]) => !name.startsWith('docProps'))
    .map(([kind, part]) => [zipOf({ ...documents[kind], [part]: '<a><b></a>&#0;' }), `a.${kind}`] as const)
  expect(new Set(await readAll(broken))).toEqual(new Set(['broken']))
})
