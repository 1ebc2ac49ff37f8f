import { contract, type Project } from '@chatbot-platform/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHistoryCache } from '../../src/modules/chat/history-cache.ts'
import { newId } from '../../src/platform/ids.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { ask } from '../support/turns.ts'
import { scopeOf } from '../usage/usage-events.ts'

// Two servers on one database, each of which remembers what it has said itself.
let here: TestApp
let there: TestApp
let user: TestUser
let project: Project

beforeAll(async () => {
  here = await startTestApp()
  there = await startTestApp({ database: here.database })
  for (const { upstream } of [here, there]) upstream.answers(() => ({ echo: 'last' }))
  user = await here.user()
  project = await createProject(user)
})
afterAll(async () => {
  await there.close()
  await here.close()
})

test('the model is told all that was said, whichever process was asked', async () => {
  const elsewhere = { ...user, client: there.as(user.token) }
  const { session_id: id } = await ask(user, project, 'one')
  await ask(user, project, 'two', id)
  expect(sentTo(here)).toEqual(['one', 'one', 'two'])
  await ask(elsewhere, project, 'three', id)
  expect(sentTo(there)).toEqual(['one', 'one', 'two', 'two', 'three'])
  await ask(user, project, 'four', id)
  expect(sentTo(here)).toEqual(['one', 'one', 'two', 'two', 'three', 'three', 'four'])
})

test('a path that was chosen at another process is the one that is told', async () => {
  const elsewhere = there.as(user.token)
  const first = await ask(user, project, 'one')
  await ask(user, project, 'two', first.session_id)
  await elsewhere.call(contract.chat.edit, { params: { message_id: first.message.id }, body: { message: 'other' } })
  await ask(user, project, 'three', first.session_id)
  expect(sentTo(here)).toEqual(['other', 'other', 'three'])
  await elsewhere.call(contract.chat.select, { params: { message_id: first.message.id } })
  await ask(user, project, 'four', first.session_id)
  expect(sentTo(here)).toEqual(['one', 'one', 'two', 'two', 'four'])
})

test('an answer that was cut is told as far as it came', async () => {
  here.upstream.answers(() => ({ text: ['half ', 'lost'], cutAfter: 1 }))
  await expect(ask(user, project, 'one')).rejects.toThrow('502')
  here.upstream.answers(() => ({ echo: 'last' }))
  const [session] = await user.client.call(contract.sessions.list, { params: { project_id: project.id }, query: {} })
  await ask(user, project, 'two', session?.id)
  expect(sentTo(here)).toEqual(['one', 'half ', 'two'])
})

test('the database leaves out what the caller has, and only that', async () => {
  const { session_id: sessionId, message, assistant_message: answer } = await ask(user, project, 'one')
  const begin = async (knownEndId: string) => {
    const ids = { userMessageId: newId(), assistantMessageId: newId() }
    const fields = { projectId: project.id, isNew: false, title: null, targetId: null, promptId: null, prefix: '' }
    const turn = { ...fields, ...ids, sessionId, knownEndId, mode: 'send' as const, content: 'two' }
    const begun = await here.server.deps.turns.begin(scopeOf(user), turn, { maxMessages: 9, maxChars: 99 }, null)
    await here.server.deps.turns.cancel(scopeOf(user), ids.assistantMessageId)
    return begun
  }
  expect(await begin(answer.id)).toMatchObject({ history_is_known: true, history: null })
  const history = ['assistant', '', 'user', 'two', 'assistant', 'one', 'user', 'one']
  expect(await begin(message.id)).toMatchObject({ history_is_known: false, history })
})

describe('what is remembered', () => {
  const turn = (text: string) => ['assistant', `${text}!`, 'user', `${text}?`]

  test('goes no further back than a turn reads', () => {
    const cache = createHistoryCache({ maxMessages: 3, maxChars: 100, capacity: 10_000 })
    cache.remember('s', 'a', turn('one'), [])
    cache.remember('s', 'b', turn('two'), cache.find('s')?.history ?? [])
    expect(cache.find('s')).toMatchObject({ endId: 'b', history: [...turn('two'), 'assistant', 'one!'] })
    cache.remember('s', 'c', turn('x'.repeat(60)), cache.find('s')?.history ?? [])
    expect(cache.find('s')?.history).toEqual(['assistant', `${'x'.repeat(60)}!`])
  })

  test('is that of the sessions talked to last, as many as there is room for', () => {
    const cache = createHistoryCache({ maxMessages: 10, maxChars: 1000, capacity: 3000 })
    for (const session of ['a', 'b', 'a', 'c', 'd', 'e', 'f'])
      cache.remember(session, session, turn('x'.repeat(200)), [])
    expect(['a', 'b', 'c', 'd', 'e', 'f'].filter((session) => cache.find(session))).toEqual(['d', 'e', 'f'])
    expect(cache.size).toBeLessThanOrEqual(3000)
    for (const session of ['d', 'e', 'f']) cache.remember(session, session, [], [])
    expect(cache.size).toBe(900)
  })

  test('is forgotten ten minutes after the last answer', () => {
    let minutes = 0
    const cache = createHistoryCache({ maxMessages: 10, maxChars: 1000, capacity: 9000, now: () => minutes * 60_000 })
    cache.remember('a', 'a', turn('one'), [])
    cache.remember('b', 'b', turn('one'), [])
    minutes = 9
    cache.remember('a', 'c', turn('two'), cache.find('a')?.history ?? [])
    minutes = 10
    cache.remember('c', 'd', turn('one'), [])
    expect(['a', 'b', 'c'].filter((session) => cache.find(session))).toEqual(['a', 'c'])
  })
})

/** The conversation in the latest request. */
function sentTo({ upstream }: TestApp): string[] {
  return upstream.requests.at(-1)?.body.messages?.map(({ content }) => content) ?? []
}
