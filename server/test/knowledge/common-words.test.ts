import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Passage, ReadDocument } from '../../src/documents/document.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { addRead, search, shelfOf } from './library.ts'

let app: TestApp
let user: TestUser
let project: Awaited<ReturnType<typeof createProject>>

/** Far more passages with a word than are ever ranked, then those with the next one. */
beforeAll(async () => {
  app = await startTestApp()
  user = await app.user()
  project = await createProject(user)
  const shelf = shelfOf(app, user, project)
  for (const [name, word, count] of [
    ['first.txt', 'amber', 1700],
    ['second.txt', 'birch', 600],
    ['third.txt', 'cedar', 600],
  ] as const)
    await addRead(shelf, name, documentOf(Array.from({ length: count }, (_, index) => `${word} ${index}`)))
  await addRead(shelf, 'last.txt', documentOf(['amber zephyr', 'birch cedar']))
}, 60_000)
afterAll(() => app.close())

function documentOf(texts: string[]): ReadDocument {
  const passages = texts.map(
    (text, ordinal): Passage => ({
      ...{ ordinal, text, heading: null, page: null, language: 'en', tokens: 3 },
      ...{ start: ordinal * 20, end: ordinal * 20 + text.length },
    }),
  )
  return {
    kind: 'text',
    title: null,
    pages: null,
    characters: texts.length * 20,
    language: 'en',
    encoding: null,
    passages,
  }
}

const textsOf = async (query: string) => (await search(user, project, query)).passages.map(({ text }) => text)

test('a rare word leads to its passage, however many passages have the common one beside it', async () => {
  expect((await textsOf('amber zephyr'))[0]).toBe('amber zephyr')
})

test('of common words, passages with all of them come first, also where the words are in many', async () => {
  expect((await textsOf('birch cedar'))[0]).toBe('birch cedar')
})

test('where no passage has all of the common words, those that have most of them are found', async () => {
  expect((await textsOf('amber birch cedar'))[0]).toBe('birch cedar')
})

test('where common words stand in no passage together, each of them leads to some', async () => {
  expect((await textsOf('amber birch')).length).toBeGreaterThan(0)
})
