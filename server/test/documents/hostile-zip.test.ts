import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { expect, onTestFinished, test, vi } from 'vitest'
import { docxParts, pptxParts, xlsxParts, zipOf } from './office-fixture.ts'
import { createWatch } from './watched.ts'
import { type Member, membersOf, zipOfMembers } from './zip-fixture.ts'

vi.setConfig({ testTimeout: 60_000 })
const { read, readAll } = createWatch()
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
const mainParts = {
  docx: 'word/document.xml',
  xlsx: 'xl/worksheets/sheet1.xml',
  pptx: 'ppt/slides/slide1.xml',
} as const
const kinds = ['docx', 'xlsx', 'pptx'] as const

/** The members of a small document, with one changed. */
function changed(
  kind: (typeof kinds)[number],
  change: (member: Member) => Member,
  name: string = mainParts[kind],
): Member[] {
  return membersOf(documents[kind]).map((member) => (member.name === name ? change(member) : member))
}

test.each(kinds)('a %s of the test corpus made by hand is read', async (kind) => {
  expect(await read(zipOfMembers(membersOf(documents[kind])), `a.${kind}`)).toBe('read')
})

const spaces = Buffer.alloc(220 * 1024 * 1024, ' ')
const packedSpaces = deflateRawSync(spaces, { level: 9 })

test.each(kinds)('a %s that unpacks a thousandfold is a bomb', async (kind) => {
  const members = changed(kind, (member) => ({ ...member, content: spaces, packed: packedSpaces }))
  expect(await read(zipOfMembers(members), `a.${kind}`)).toBe('bomb')
})

test.each(kinds)('a %s that lies about its size is found out', async (kind) => {
  const small = changed(kind, (member) => ({ ...member, content: spaces, packed: packedSpaces, claimedSize: 5000 }))
  const large = changed(kind, (member) => ({ ...member, claimedSize: 0xfffffff0 }))
  const slightly = changed(kind, (member) => ({ ...member, claimedSize: member.content.length + 1 }))
  expect(await read(zipOfMembers(small), `a.${kind}`)).toBe('bomb')
  expect(await read(zipOfMembers(large), `a.${kind}`)).toBe('bomb')
  expect(await read(zipOfMembers(slightly), `a.${kind}`)).toBe('broken')
})

test('many members that share one stream are a bomb', async () => {
  const name = 'word/document.xml'
  const first = { name, content: spaces, packed: packedSpaces }
  const shared = Array.from({ length: 1000 }, (_, at) => ({
    name: `word/${at}.xml`,
    content: Buffer.alloc(0),
    packed: Buffer.alloc(0),
    start: 0,
  }))
  expect(await read(zipOfMembers([first, ...shared]), 'a.docx')).toBe('bomb')
})

test('65,535 members are a bomb', async () => {
  const none = Buffer.from([3, 0])
  const members = Array.from({ length: 65_535 }, (_, at) => ({
    name: `word/${at}.xml`,
    content: Buffer.alloc(0),
    packed: none,
  }))
  expect(await read(zipOfMembers([...membersOf(documents.docx), ...members].slice(0, 65_535)), 'a.docx')).toBe('bomb')
})

test('bombs within bombs are never unpacked', async () => {
  let nested = zipOfMembers([{ name: '0.bin', content: spaces, packed: packedSpaces }])
  for (let depth = 0; depth < 5; depth += 1)
    nested = zipOfMembers(Array.from({ length: 8 }, (_, at) => ({ name: `${at}.zip`, content: nested })))
  const members = [...membersOf(documents.docx), { name: 'word/media/image1.zip', content: nested }]
  expect(await read(zipOfMembers(members), 'a.docx')).toBe('read')
})

test('a picture that unpacks a thousandfold is not unpacked', async () => {
  const members = [
    ...membersOf(documents.pptx),
    { name: 'ppt/media/image1.png', content: spaces, packed: packedSpaces },
  ]
  expect(await read(zipOfMembers(members), 'a.pptx')).toBe('read')
})

test('names that climb out of the folder lead nowhere', async () => {
  // A folder of its own for temporary files: other tests read documents at the same time.
  const folder = await mkdtemp(join(tmpdir(), 'climbing-'))
  vi.stubEnv('TMPDIR', folder)
  onTestFinished(async () => {
    vi.unstubAllEnvs()
    await rm(folder, { recursive: true })
  })
  const above = await readdir(join(folder, '..'))
  const names = [
    '../../../../tmp/climbed.xml',
    '/tmp/climbed.xml',
    '..\\..\\climbed.xml',
    'word/../../climbed.xml',
    'C:\\climbed.xml',
    '__proto__',
    'constructor.xml',
  ]
  const members = names.map((name) => ({ name, content: Buffer.from('<a/>') }))
  expect(await read(zipOfMembers([...membersOf(documents.docx), ...members]), 'a.docx')).toBe('read')
  expect(await readdir(folder)).toEqual([])
  const appeared = (await readdir(join(folder, '..'))).filter((name) => !above.includes(name))
  expect(appeared.filter((name) => name.includes('climbed'))).toEqual([])
})

test('the same member twice is broken', async () => {
  const members = membersOf(documents.docx)
  expect(await read(zipOfMembers([...members, ...members]), 'a.docx')).toBe('broken')
})

test('encrypted Office files are told as such', async () => {
  const flagged = changed('docx', (member) => ({ ...member, flags: 1 }))
  const compound = Buffer.concat([
    Buffer.from('d0cf11e0a1b11ae1', 'hex'),
    Buffer.alloc(2000),
    Buffer.from('EncryptedPackage', 'utf16le'),
  ])
  expect(await read(zipOfMembers(flagged), 'a.docx')).toBe('encrypted')
  const outcomes = await readAll(['a.docx', 'a.xlsx', 'a.pptx', 'a'].map((name) => [compound, name]))
  expect(new Set(outcomes)).toEqual(new Set(['encrypted']))
  expect(await read(compound.subarray(0, 1000), 'a.doc')).toBe('unsupported_type')
})

test.each(kinds)('a %s cut off anywhere is broken', async (kind) => {
  const whole = zipOf(documents[kind])
  const cuts = [0.02, 0.5, 0.95, 0.999].map((share) => whole.subarray(0, Math.ceil(whole.length * share)))
  expect(new Set(await readAll(cuts.map((cut) => [cut, `a.${kind}`])))).toEqual(new Set(['broken']))
})

test('a directory that points outside the file is broken', async () => {
  const whole = zipOf(documents.docx)
  for (const [offset, value] of [
    [6, 0xfffffff0],
    [6, 0],
  ] as const) {
    const bytes = Buffer.from(whole)
    bytes.writeUInt32LE(value, bytes.length - 22 + 10 + offset)
    expect(await read(bytes, 'a.docx')).toBe('broken')
  }
  const wrongStart = changed('docx', (member) => ({ ...member, start: 0xfffffff0 }))
  expect(await read(zipOfMembers(wrongStart), 'a.docx')).toBe('broken')
})

test('an archive, or an Office file without its main part, is not read', async () => {
  expect(await read(zipOfMembers([{ name: 'a.txt', content: Buffer.from('text') }]), 'a.zip')).toBe('unsupported_type')
  for (const kind of kinds)
    expect(await read(zipOfMembers([{ name: 'a.txt', content: Buffer.from('text') }]), `a.${kind}`)).toBe('broken')
})
