import { expect, test } from 'vitest'
import { splitText } from '../../src/documents/reading/splitter.ts'
import { createTextBuilder, type TextBuilder } from '../../src/documents/reading/text-builder.ts'
import { estimateTokens } from '../../src/documents/reading/tokens.ts'

function split(write: (builder: TextBuilder) => void, locale = 'en') {
  const builder = createTextBuilder({ characters: 10_000_000 })
  write(builder)
  const { text, spans } = builder.finish()
  return { text, pieces: [...splitText(text, spans, locale)] }
}

const sentence = 'The committee meets on the first Monday of every month in the old town hall. '
const paragraph = (sentences: number) => sentence.repeat(sentences).trim()

test('passages are exact cuts of the text, in order, and leave out white space only', () => {
  const { text, pieces } = split((builder) => {
    for (let part = 1; part <= 20; part += 1) {
      builder.heading(1 + (part % 3), `Part ${part}`)
      for (let at = 0; at < part; at += 1) builder.paragraph(paragraph(at * 3 + 1))
      builder.lines('first line\nsecond line')
    }
  })
  let end = 0
  for (const piece of pieces) {
    expect(text.slice(piece.start, piece.end)).toBe(piece.text)
    expect(text.slice(end, piece.start).trim()).toBe('')
    end = piece.end
  }
  expect(end).toBe(text.length)
})

test('long text is cut between sentences, into passages of about the size aimed at', () => {
  const { pieces } = split((builder) => builder.paragraph(paragraph(400)))
  for (const piece of pieces) {
    expect(piece.text).toMatch(/^The committee.*town hall\.$/)
    expect(piece.tokens).toBeGreaterThan(250)
    expect(piece.tokens).toBeLessThanOrEqual(500)
  }
})

test('lines broken where they were full do not end sentences', () => {
  const broken = paragraph(100).replaceAll(' Monday', '\nMonday')
  const { pieces } = split((builder) => builder.paragraph(broken))
  for (const { text } of pieces) expect(text).toMatch(/hall\.$/)
})

test('a passage stays within its heading and its page', () => {
  const { pieces } = split((builder) => {
    builder.page(1)
    builder.heading(1, 'One')
    builder.paragraph(paragraph(6))
    builder.heading(2, 'Below')
    builder.paragraph(paragraph(6))
    builder.page(2)
    builder.paragraph(paragraph(1))
  })
  expect(pieces.map(({ heading, page }) => [heading, page])).toEqual([
    ['One', 1],
    ['One › Below', 1],
    ['One › Below', 2],
  ])
})

test('sections too small to stand alone are put together under their parent, never across it', () => {
  const { pieces } = split((builder) => {
    for (const chapter of ['Tea', 'Coffee']) {
      builder.heading(1, chapter)
      for (const part of ['Origin', 'Price', 'Taste']) {
        builder.heading(2, part)
        builder.paragraph('Short and sweet.')
      }
    }
  })
  expect(pieces.map(({ heading }) => heading)).toEqual(['Tea', 'Coffee'])
})

test('a small section does not take the heading from a large one', () => {
  const { pieces } = split((builder) => {
    builder.heading(1, 'Manual')
    builder.heading(2, 'Setup')
    builder.paragraph(paragraph(12))
    builder.heading(2, 'Notes')
    builder.paragraph('None.')
  })
  expect(pieces.map(({ heading }) => heading)).toEqual(['Manual › Setup', 'Manual › Notes'])
})

test('rows and lines of code are never cut within', () => {
  const row = 'Name: Tea; Price: 3; Origin: Darjeeling; Harvest: spring'
  const { pieces } = split((builder) => {
    for (let at = 0; at < 500; at += 1) builder.row(row)
    builder.lines('const answer = 42\n'.repeat(500))
  })
  for (const line of pieces.flatMap(({ text }) => text.split('\n')).filter(Boolean))
    expect([row, 'const answer = 42']).toContain(line)
})

test('text without any boundary is cut, never within a character', () => {
  const { pieces, text } = split((builder) => builder.paragraph('😀'.repeat(5000)))
  expect(pieces.map((piece) => piece.text).join('')).toBe(text)
  for (const { text: part, tokens } of pieces) {
    expect(part.isWellFormed()).toBe(true)
    expect(tokens).toBeLessThanOrEqual(500)
  }
})

test('Chinese and Japanese are divided by their own sentences and counted by characters', () => {
  const { pieces } = split(
    (builder) => builder.paragraph('委員会は毎月第一月曜日に旧市庁舎で開かれます。'.repeat(100)),
    'ja',
  )
  for (const { text, tokens } of pieces) {
    expect(text.endsWith('。')).toBe(true)
    expect(tokens).toBeGreaterThan(200)
    expect(tokens).toBeLessThanOrEqual(350)
  }
})

test('tokens are estimated by script', () => {
  expect(estimateTokens('a'.repeat(400))).toBe(100)
  expect(estimateTokens('語'.repeat(100))).toBe(100)
  expect(estimateTokens('')).toBe(0)
})
