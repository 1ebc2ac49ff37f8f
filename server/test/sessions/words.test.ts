import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseTerms } from '../../src/modules/search/search-terms.ts'
import { snippetOf } from '../../src/modules/search/snippet.ts'
import { toVector } from '../../src/modules/search/words.ts'
import { withSession } from '../../src/platform/database/session.ts'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

/** Characters of the first planes, each followed by a space. */
const characters = Array.from({ length: 0x20000 }, (_, code) => code)
  .filter((code) => code > 0 && (code < 0xd800 || code > 0xdfff))
  .map((code) => `${String.fromCodePoint(code)} `)

test('whatever is written, PostgreSQL takes its words, and what is looked for', async () => {
  await withSession(database.superuserUrl, async (client) => {
    for (let start = 0; start < characters.length; start += 4000) {
      const text = characters.slice(start, start + 4000).join('')
      const values = [toVector(text), parseTerms(text)?.tsquery ?? '']
      await expect(client.query('SELECT $1::tsvector, $2::tsquery', values)).resolves.toBeDefined()
    }
  })
})

test.each([
  ['of many different words', Array.from({ length: 300_000 }, (_, n) => `w${n.toString(36)}`).join(' ')],
  ['of one word', 'word '.repeat(300_000)],
  ['that is one word', 'a'.repeat(1_000_000)],
])('a text %s fits into the limits of an index', async (_, text) => {
  const { rows } = await withSession(database.superuserUrl, (client) =>
    client.query('SELECT length($1::tsvector) AS words', [toVector(text)]),
  )
  expect(rows[0].words).toBeGreaterThan(0)
})

test('a snippet shows the first match on one line, cut between characters, with all matches in it', () => {
  const terms = parseTerms('"needle thread" needle')
  const text = `${'👍'.repeat(100)}\nNeedle, thread\nand a needle ${'👍'.repeat(200)} needle`
  const snippet = snippetOf(text, terms?.wanted ?? [])
  expect(snippet.matches.map(([start, end]) => snippet.text.slice(start, end))).toEqual(['Needle, thread', 'needle'])
  expect(snippet.text).toMatch(/^…👍.*👍…$/u)
  expect(snippet.text.isWellFormed()).toBe(true)
})

test('where the match is not in what was read, the snippet is the beginning', () => {
  const snippet = snippetOf('A long text. '.repeat(50), parseTerms('needle')?.wanted ?? [])
  expect(snippet.text.startsWith('A long text.')).toBe(true)
  expect(snippet.matches).toEqual([])
})
