import type { ListPage } from '@chatbot-platform/client'
import { contract, type MessageHit, type Project } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { untilIndexed } from '../support/search.ts'
import { ask, problemOf } from '../support/turns.ts'

let app: TestApp
let user: TestUser
let project: Project

beforeAll(async () => {
  app = await startTestApp()
  user = await app.user()
  project = await createProject(user)
})
afterAll(() => app.close())

test('a message is found with its place, a snippet and the matches in it', async () => {
  app.upstream.plays([
    { text: ['We open at nine. ', 'The Café is closed on Mondays, a café near the station is not.'] },
  ])
  const turn = await ask(user, project, 'When do you open?')
  await untilIndexed(app)
  const [hit, ...others] = await search('cafe')
  expect(others).toEqual([])
  expect(hit).toMatchObject({
    message_id: turn.assistant_message.id,
    session_id: turn.session_id,
    project_id: project.id,
    role: 'assistant',
    timestamp: turn.assistant_message.timestamp,
  })
  expect(hit?.matches.map(([start, end]) => hit.snippet.slice(start, end))).toEqual(['Café', 'café'])
  expect(hit?.rank).toBeGreaterThan(0)
})

test.each([
  ['every word, in any order', 'wardrobe blue', true],
  ['every word, one of which is missing', 'wardrobe red', false],
  ['the beginning of the last word', 'blue wardr', true],
  ['the beginning of another word', 'wardr blue', false],
  ['a phrase', '"blue wardrobe"', true],
  ['a phrase in another order', '"wardrobe blue"', false],
  ['without a word that is there', 'wardrobe -blue', false],
  ['without a word that is not', 'wardrobe -red', true],
  ['one of two', 'table or wardrobe', true],
  ['other case and accents', 'WÀRDROBE', true],
  ['Russian in capitals', 'ШКАФ', true],
  ['a Chinese word inside a sentence', '衣柜', true],
  ['its characters apart', '柜衣', false],
  ['Arabic without its vowels', 'خزانة', true],
  ['a German letter written out', 'strasse', true],
  ['a pictograph', '🪑', true],
  ['part of a compound', 'self-assembly', true],
  ['what looks like an operator', "wardrobe & ! ( ) <-> ':* \\", true],
])('searching by %s', async (_, q, isFound) => {
  const other = await user.client.call(contract.projects.create, { body: { name: 'Furniture' } })
  app.upstream.plays([{ text: ['ok'] }])
  await ask(user, other, 'My blue wardrobe 🪑 for self-assembly: шкаф, 我的蓝色衣柜坏了, خِزَانَة, Straße.')
  await untilIndexed(app)
  expect(await search(q, other.id)).toHaveLength(isFound ? 1 : 0)
})

test('hits come newest first, page by page, each once', async () => {
  app.upstream.answers(() => ({ text: ['zebra'] }))
  const asked: string[] = []
  for (let count = 0; count < 4; count++) asked.push((await ask(user, project, `zebra ${count}`)).message.id)
  app.upstream.answers(() => undefined)
  await untilIndexed(app)
  const seen: MessageHit[] = []
  let cursor: string | undefined
  do {
    const query = { q: 'zebra', limit: 3, cursor }
    const page: ListPage<MessageHit> = await user.client.page(contract.search.messages, { query })
    seen.push(...page.items)
    cursor = page.nextCursor ?? undefined
  } while (cursor)
  expect(seen).toHaveLength(8)
  expect(new Set(seen.map((hit) => hit.message_id)).size).toBe(8)
  expect(seen.filter((hit) => hit.role === 'user').map((hit) => hit.message_id)).toEqual(asked.toReversed())
})

test('an answer under way is found once it is complete, and a deleted session not any more', async () => {
  const gate = app.upstream.gate()
  app.upstream.plays([{ text: ['giraffe'], gate }])
  const turn = ask(user, project, 'elephant')
  await app.upstream.waitForRequest(app.upstream.requests.length)
  await untilIndexed(app)
  expect(await search('elephant')).toHaveLength(1)
  expect(await search('giraffe')).toEqual([])
  gate.open()
  const { session_id } = await turn
  await untilIndexed(app)
  expect(await search('giraffe')).toHaveLength(1)
  await user.client.call(contract.sessions.remove, { params: { session_id } })
  expect(await search('giraffe or elephant')).toEqual([])
})

test('what others said is not found, and their project is a 404', async () => {
  app.upstream.plays([{ text: ['platypus'] }])
  await ask(user, project, 'platypus')
  await untilIndexed(app)
  const stranger = await app.user()
  expect(await stranger.client.call(contract.search.messages, { query: { q: 'platypus' } })).toEqual([])
  const query = { q: 'platypus', project_id: project.id }
  const problem = await problemOf(stranger.client.call(contract.search.messages, { query }))
  expect(problem).toMatchObject({ status: 404, code: 'not_found' })
})

test.each([
  ['nothing', ''],
  ['signs only', '-- "?!" or'],
  ['only what must not be there', '-blue'],
  ['too long a text', 'a'.repeat(201)],
])('%s is refused', async (_, q) => {
  const problem = await problemOf(user.client.call(contract.search.messages, { query: { q } }))
  expect(problem).toMatchObject({ status: 422, code: 'validation_failed', errors: [{ loc: ['query', 'q'] }] })
})

test('a cursor of another list is refused', async () => {
  const cursor = Buffer.from('["x"]').toString('base64url')
  const problem = await problemOf(user.client.call(contract.search.messages, { query: { q: 'blue', cursor } }))
  expect(problem).toMatchObject({ status: 422, errors: [{ loc: ['query', 'cursor'] }] })
})

function search(q: string, projectId?: string): Promise<MessageHit[]> {
  return user.client.call(contract.search.messages, { query: { q, ...(projectId ? { project_id: projectId } : {}) } })
}
