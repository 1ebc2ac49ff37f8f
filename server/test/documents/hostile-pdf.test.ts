import { deflateSync } from 'node:zlib'
import { expect, test, vi } from 'vitest'
import { column, pdfOf, pdfOfPages, streamOf } from './pdf-fixture.ts'
import { createWatch } from './watched.ts'

vi.setConfig({ testTimeout: 60_000 })
const { read, readAll, url } = createWatch()
/** For what never ends by itself. */
const impatient = createWatch({ timeMs: 5000 })
const small = pdfOfPages([column(['Some text on a page.']), column(['More of it.'])])

/** A PDF of one page around the objects given, which start at 4. */
function pdfAround(
  page: string,
  objects: (string | Buffer)[],
  { pages = '<< /Type /Pages /Kids [3 0 R] /Count 1 >>', trailer = '' } = {},
) {
  const catalogue = '<< /Type /Catalog /Pages 2 0 R >>'
  return pdfOf(
    [catalogue, pages, `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] ${page} >>`, ...objects],
    trailer,
  )
}

const font = '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>'
const withFont = '/Resources << /Font << /F1 4 0 R >> >> /Contents 5 0 R'
const line = 'BT /F1 11 Tf 72 700 Td (Hello there.) Tj ET'

/** Bytes that unpack to 400 MiB, packed twice. */
const bomb = deflateSync(deflateSync(Buffer.alloc(400 * 1024 * 1024, ' '), { level: 1 }), { level: 9 })

test('a page whose content unpacks a millionfold ends', async () => {
  const content = streamOf(bomb, '/Filter [/FlateDecode /FlateDecode]')
  expect(await read(pdfAround(withFont, [font, content]), 'a.pdf')).toBeOneOf([
    'out_of_memory',
    'timeout',
    'broken',
    'empty',
  ])
})

test('an object stream that unpacks a millionfold ends', async () => {
  const objects = streamOf(bomb, '/Type /ObjStm /N 10000000 /First 100 /Filter [/FlateDecode /FlateDecode]')
  const table = Buffer.from([1, 0, 0, 0, 0, 2, 0, 4, 0, 0])
  const xref = streamOf(table, '/Type /XRef /Size 2 /W [1 2 2] /Root 1 0 R')
  const body = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.from('4 0 obj\n'), objects, Buffer.from('\nendobj\n')])
  const file = Buffer.concat([
    body,
    Buffer.from('5 0 obj\n'),
    xref,
    Buffer.from(`\nendobj\nstartxref\n${body.length}\n%%EOF`),
  ])
  expect(await read(file, 'a.pdf')).toBeOneOf(['out_of_memory', 'timeout', 'broken'])
})

test('a million pages claimed are too many', async () => {
  const pages = '<< /Type /Pages /Kids [3 0 R] /Count 1000000 >>'
  expect(await read(pdfAround(withFont, [font, streamOf(line)], { pages }), 'a.pdf')).toBeOneOf([
    'too_many_pages',
    'read',
  ])
})

test('one page more than allowed is too many', async () => {
  const kids = Array.from({ length: 2001 }, () => '3 0 R').join(' ')
  const pages = `<< /Type /Pages /Kids [${kids}] /Count 2001 >>`
  expect(await read(pdfAround(withFont, [font, streamOf(line)], { pages }), 'a.pdf')).toBe('too_many_pages')
})

test.each([
  ['itself', '<< /Type /Pages /Kids [2 0 R] /Count 5 >>'],
  ['its parent', '<< /Type /Pages /Kids [4 0 R 3 0 R] /Count 100 >>'],
  ['no one', '<< /Type /Pages /Kids [99 0 R] /Count -1 >>'],
])('a page tree that contains %s ends', async (_, pages) => {
  const inner = '<< /Type /Pages /Parent 2 0 R /Kids [2 0 R] /Count 50 >>'
  expect(await read(pdfAround('', [inner], { pages }), 'a.pdf')).toBeOneOf([
    'broken',
    'empty',
    'timeout',
    'too_many_pages',
  ])
})

test('nesting of arrays and dictionaries without end is broken', async () => {
  const arrays = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
  const dictionaries = `${'<</A '.repeat(100_000)}1${'>>'.repeat(100_000)}`
  for (const nested of [arrays, dictionaries])
    expect(await read(pdfAround(`/Resources ${nested} /Contents 4 0 R`, [streamOf(line)]), 'a.pdf')).toBeOneOf([
      'broken',
      'empty',
      'out_of_memory',
    ])
})

test('a form that draws itself ends', async () => {
  const form = streamOf(
    '/X0 Do /X0 Do',
    '/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X0 4 0 R >> >>',
  )
  const page = '/Resources << /XObject << /X0 4 0 R >> >> /Contents 5 0 R'
  expect(await read(pdfAround(page, [form, streamOf('/X0 Do')]), 'a.pdf')).toBeOneOf(['empty', 'broken', 'timeout'])
})

test('forms that draw each other two to the thirtieth times end', async () => {
  const forms = Array.from({ length: 30 }, (_, at) =>
    streamOf(
      '/N Do /N Do',
      `/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /N ${at + 6} 0 R >> >>`,
    ),
  )
  const page = '/Resources << /XObject << /N 5 0 R >> >> /Contents 4 0 R'
  const last = streamOf(line, '/Type /XObject /Subtype /Form /BBox [0 0 9 9]')
  expect(await impatient.read(pdfAround(page, [streamOf('/N Do'), ...forms, last]), 'a.pdf')).toBeOneOf([
    'empty',
    'timeout',
    'out_of_memory',
    'read',
    'too_much_text',
  ])
})

test('a character map over four thousand million codes ends', async () => {
  const map =
    'begincmap 1 begincodespacerange <00000000> <ffffffff> endcodespacerange 1 beginbfrange <00000000> <ffffffff> <0041> endbfrange endcmap'
  const mapped = '<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman /ToUnicode 6 0 R >>'
  const file = pdfAround(withFont, [mapped, streamOf(line), streamOf(map)])
  expect(await read(file, 'a.pdf')).toBeOneOf(['read', 'timeout', 'out_of_memory', 'broken', 'empty'])
})

test('a PDF that wants to call home reads well and calls no one', async () => {
  const home = url()
  const page = `${withFont} /AA << /O << /S /URI /URI (${home}/open) >> >> /Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (${home}/link) >> >>]`
  const remote = `<< /Length 0 /F << /FS /URL /F (${home}/stream) >> >>\nstream\n\nendstream`
  const script = `<< /S /JavaScript /JS (this.submitForm\\('${home}/form'\\); app.launchURL\\('${home}/js'\\)) >>`
  const catalogue = `<< /Type /Catalog /Pages 2 0 R /OpenAction ${script} /AcroForm << /XFA (${home}/xfa) /Fields [] >> >>`
  const objects = [
    catalogue,
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] ${page} >>`,
    font,
    streamOf(line),
    remote,
  ]
  expect(await read(pdfOf(objects), 'a.pdf')).toBe('read')
})

test('a PDF that needs a password says so', async () => {
  const trailer = `/Encrypt 6 0 R /ID [<${'ab'.repeat(16)}> <${'ab'.repeat(16)}>]`
  const encryption = `<< /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <${'17'.repeat(32)}> /U <${'42'.repeat(32)}> >>`
  expect(await read(pdfAround(withFont, [font, streamOf(line), encryption], { trailer }), 'a.pdf')).toBe('encrypted')
})

test('a PDF cut off anywhere ends, with what could be saved or broken', async () => {
  const cuts = [0.01, 0.3, 0.6, 0.9, 0.99].map((share) => small.subarray(0, Math.ceil(small.length * share)))
  for (const outcome of await readAll(cuts.map((cut) => [cut, 'a.pdf'])))
    expect(outcome).toBeOneOf(['broken', 'empty', 'read'])
})

test('bytes changed at random never do worse than break it', async () => {
  let seed = 7
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return seed % below
  }
  const changed = Array.from({ length: 8 }, () => {
    const bytes = Buffer.from(small)
    for (let change = 0; change < 40; change += 1) bytes[20 + random(bytes.length - 20)] = random(256)
    return bytes
  })
  for (const outcome of await readAll(changed.map((bytes) => [bytes, 'a.pdf'])))
    expect(outcome).toBeOneOf(['broken', 'empty', 'read', 'encrypted', 'timeout', 'out_of_memory', 'too_many_pages'])
})

test('what is a PDF and something else at once is read as a PDF', async () => {
  const padded = Buffer.concat([Buffer.from('<html><script>alert(1)</script>\n'), small])
  expect(await read(padded, 'a.html')).toBe('read')
  expect(await read('%PDF-1.7\nThis is a text about the format.', 'a.txt')).toBe('broken')
})
