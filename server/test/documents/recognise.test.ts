import { expect, test } from 'vitest'
import { DocumentError } from '../../src/documents/document.ts'
import { recognise } from '../../src/documents/recognise.ts'
import { docxParts, pptxParts, xlsxParts, zipOf } from './office-fixture.ts'
import { column, pdfOfPages } from './pdf-fixture.ts'

function kindOf(content: Buffer | string, name: string): string {
  try {
    return recognise(Buffer.from(content), name)
  } catch (error) {
    if (error instanceof DocumentError) return error.code
    throw error
  }
}

const docx = zipOf(docxParts(['Text.']))
const xlsx = zipOf(xlsxParts([{ name: 'A', rows: [['a']] }]))
const pptx = zipOf(pptxParts([{ text: ['a'] }]))
const pdf = pdfOfPages([column(['Text.'])])

test('binary kinds are told by their content, whatever the name says', () => {
  for (const name of ['a.pdf', 'a.docx', 'a.txt', 'a.exe', 'a']) {
    expect(kindOf(pdf, name)).toBe('pdf')
    expect(kindOf(docx, name)).toBe('docx')
    expect(kindOf(xlsx, name)).toBe('xlsx')
    expect(kindOf(pptx, name)).toBe('pptx')
  }
})

test.each([
  ['notes.txt', 'text'],
  ['NOTES.TXT', 'text'],
  ['README', 'text'],
  ['server.log', 'text'],
  ['guide.md', 'markdown'],
  ['page.htm', 'html'],
  ['table.tsv', 'csv'],
  ['data.json', 'json'],
  ['data.ndjson', 'json'],
  ['program.exe', 'unsupported_type'],
  ['picture.svg', 'unsupported_type'],
  ['letter.docx', 'unsupported_type'],
  ['../../etc/passwd', 'text'],
])('text named %s is %s', (name, kind) => {
  expect(kindOf('Some text.', name)).toBe(kind)
})

test('a page from the web is told by how it begins', () => {
  for (const name of ['index.php', 'guide', 'v1.2'])
    expect(kindOf('<!-- made by hand -->\n<!DOCTYPE html><p>Hi', name)).toBe('html')
  expect(kindOf('A text about <html>', 'guide')).toBe('text')
})

test('a head that ends within a character is still text', () => {
  expect(kindOf(Buffer.from('Grüße').subarray(0, 3), 'a.txt')).toBe('text')
})

test('other binary files are told as such', () => {
  const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
  expect(kindOf(png, 'a.png')).toBe('unsupported_type')
  expect(kindOf(png, 'a.txt')).toBe('not_text')
  expect(kindOf(png, 'a.pdf')).toBe('unsupported_type')
  expect(kindOf('', 'a.txt')).toBe('empty')
})
