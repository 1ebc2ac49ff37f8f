import { expect, test, vi } from 'vitest'
import { createWatch } from './watched.ts'

vi.setConfig({ testTimeout: 60_000 })
const { read, readAll } = createWatch()
const generous = createWatch({ characters: 40_000_000, timeMs: 5000 })
const textNames = ['a.txt', 'a.md', 'a.html', 'a.csv', 'a.json'] as const
const allNames = [...textNames, 'a.pdf', 'a.docx', 'a.xlsx', 'a.pptx', 'a']

/** A line without end, as each kind would have one. */
function longLine(name: string, length: number, unit: string): string {
  const text = unit.repeat(length / unit.length)
  return name === 'a.json' ? JSON.stringify({ text }) : text
}

test.each(textNames)('a single line of 20 MB in %s is more text than allowed', async (name) => {
  expect(await read(longLine(name, 20_000_000, 'word '), name)).toBe('too_much_text')
})

test.each(textNames)('a single line of 20 MB in %s is read, or ends, where that much is allowed', async (name) => {
  expect(await generous.read(longLine(name, 20_000_000, 'word '), name)).toBeOneOf(['read', 'timeout', 'out_of_memory'])
})

test.each(textNames)('a megabyte without a space, or of nothing but spaces, end in %s', async (name) => {
  const [letters, ...spaces] = await readAll(['x', ' ', '\n'].map((unit) => [longLine(name, 1_000_000, unit), name]))
  expect(letters).toBeOneOf(['read', 'broken'])
  for (const outcome of spaces) expect(outcome).toBeOneOf(['empty', 'read', 'broken'])
})

test.each([
  ['arrays', '['.repeat(1_000_000) + ']'.repeat(1_000_000)],
  ['objects', `${'{"a":'.repeat(1_000_000)}1${'}'.repeat(1_000_000)}`],
  ['arrays that never end', '['.repeat(1_000_000)],
])('JSON of a million nested %s is broken', async (_, text) => {
  expect(await read(text, 'a.json')).toBe('broken')
})

test('JSON of a million empty lists, and of a key of a megabyte, does no harm', async () => {
  expect(await read(`[${'[],'.repeat(1_000_000)}1]`, 'a.json')).toBe('read')
  expect(await read(`{"${'k'.repeat(1_000_000)}":{"b":1,"c":2}}`, 'a.json')).toBeOneOf(['read', 'too_much_text'])
  expect(await read('{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"x":1}}}', 'a.json')).toBe('read')
})

test('HTML of a hundred thousand nested elements ends', async () => {
  expect(await generous.read('<div>'.repeat(100_000), 'a.html')).toBeOneOf([
    'empty',
    'read',
    'broken',
    'timeout',
    'out_of_memory',
  ])
  expect(await read(`${'<b><i>'.repeat(3000)}text`, 'a.html')).toBeOneOf(['read', 'broken'])
  expect(await read(`<p ${'a="1" '.repeat(200_000)}>text`, 'a.html')).toBeOneOf(['read', 'timeout', 'out_of_memory'])
})

test('CSV with a quote that never ends, or hundreds of thousands of columns, ends', async () => {
  expect(await read(`a,b\n"${'word, '.repeat(200_000)}`, 'a.csv')).toBe('broken')
  expect(await read(`${'a,'.repeat(300_000)}\n${'1,'.repeat(300_000)}`, 'a.csv')).toBeOneOf(['read', 'too_much_text'])
})

test.each([
  ['brackets', '['.repeat(500_000)],
  ['quotes', '>'.repeat(500_000)],
  ['fences', '```\n'.repeat(200_000)],
  ['headings', '# a\n'.repeat(100_000)],
  ['bars', '|'.repeat(500_000)],
  ['emphasis', '*_`'.repeat(200_000)],
])('Markdown of nothing but %s ends', async (_, text) => {
  expect(await read(text, 'a.md')).toBe('read')
})

test('bytes that are no text are told as such', async () => {
  const bytes = [
    Buffer.from('before\0after'),
    Buffer.from('fffe0a', 'hex'),
    Buffer.concat([Buffer.alloc(100_000, 'a'), Buffer.from([0xff, 2])]),
  ]
  const outcomes = await readAll(textNames.flatMap((name) => bytes.map((one) => [one, name] as const)))
  expect(new Set(outcomes)).toEqual(new Set(['not_text']))
})

test('random bytes under any name are refused', async () => {
  let seed = 11
  const bytes = Buffer.from(
    Array.from({ length: 70_000 }, () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
      return (seed >> 8) & 0xff
    }),
  )
  for (const outcome of await readAll(allNames.map((name) => [bytes, name])))
    expect(outcome).toBeOneOf(['not_text', 'unsupported_type'])
  const disguised = ['%PDF-1.7\n', 'PK\u0003\u0004', 'PK\u0005\u0006'].flatMap((start) =>
    ['a.pdf', 'a.docx'].map((name) => [Buffer.concat([Buffer.from(start), bytes]), name] as const),
  )
  for (const outcome of await readAll(disguised)) expect(outcome).toBeOneOf(['broken', 'unsupported_type'])
})

test('an empty file, and one of a byte order mark alone, is empty', async () => {
  const marks = ['a.txt', 'a.md', 'a.html', 'a.csv'].map((name) => ['\ufeff', name] as const)
  const outcomes = await readAll([...allNames.map((name) => ['', name] as const), ...marks])
  expect(new Set(outcomes)).toEqual(new Set(['empty']))
})
