import { contract, type Project } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { ask, messagesOf, problemOf } from '../support/turns.ts'

let app: TestApp
let user: TestUser
let project: Project

beforeAll(async () => {
  app = await startTestApp()
  user = await app.user()
  project = await createProject(user)
})
afterAll(() => app.close())

test('regenerate writes another answer to the same question, with the history before it', async () => {
  app.upstream.plays([{ text: ['A1'] }, { text: ['A2'] }, { text: ['A2 again'] }])
  const first = await ask(user, project, 'Q1')
  const second = await ask(user, project, 'Q2', first.session_id)
  const params = { message_id: second.assistant_message.id }
  const again = await user.client.call(contract.chat.regenerate, { params, body: {} })
  expect(again.message).toEqual(second.message)
  expect(again.assistant_message).toMatchObject({ content: 'A2 again', parent_id: second.message.id, forked: true })
  expect(app.upstream.requests.at(-1)?.body.messages?.map(({ content }) => content)).toEqual(['Q1', 'A1', 'Q2'])
  const siblings = await user.client.call(contract.chat.siblings, { params })
  expect(siblings.map(({ content }) => content)).toEqual(['A2', 'A2 again'])
  expect((await messagesOf(user, first.session_id)).map(({ content }) => content)).toEqual([
    'Q1',
    'A1',
    'Q2',
    'A2 again',
  ])
})

test('editing the first question begins another path, and selecting goes back to the old one', async () => {
  app.upstream.plays([{ text: ['A1'] }, { text: ['A2'] }, { text: ['B1'] }, { text: ['A3'] }])
  const first = await ask(user, project, 'Q1')
  const session = first.session_id
  await ask(user, project, 'Q2', session)
  const params = { message_id: first.message.id }
  const edited = await user.client.call(contract.chat.edit, { params, body: { message: 'Other Q1' } })
  expect(edited.message).toMatchObject({ content: 'Other Q1', parent_id: null, forked: true })
  expect((await messagesOf(user, session)).map(({ content }) => content)).toEqual(['Other Q1', 'B1'])
  await user.client.call(contract.chat.select, { params: { message_id: first.assistant_message.id } })
  expect((await messagesOf(user, session)).map(({ content }) => content)).toEqual(['Q1', 'A1', 'Q2', 'A2'])
  await ask(user, project, 'Q3', session)
  const sent = app.upstream.requests.at(-1)?.body.messages?.map(({ content }) => content)
  expect(sent).toEqual(['Q1', 'A1', 'Q2', 'A2', 'Q3'])
})

test('an answer that was cut is carried on beside it', async () => {
  app.upstream.plays([{ text: ['Once upon ', 'never'], cutAfter: 1 }, { text: ['a time.'] }])
  const problem = await problemOf(ask(user, project, 'A story'))
  const cut = problem.assistant_message as { id: string }
  const turn = await user.client.call(contract.chat.continue, { params: { message_id: cut.id }, body: {} })
  expect(turn.assistant_message).toMatchObject({ content: 'Once upon a time.', state: 'complete', forked: true })
  const sent = app.upstream.requests.at(-1)?.body.messages ?? []
  expect(sent.slice(0, 2).map(({ content }) => content)).toEqual(['A story', 'Once upon '])
  expect(sent).toHaveLength(3)
})

test('a call that needs no body works without one', async () => {
  app.upstream.plays([{ text: ['A1'] }, { text: ['A2'] }])
  const { assistant_message: answer } = await ask(user, project, 'Q1')
  const headers = { authorization: `Bearer ${user.token}` }
  const response = await fetch(`${app.url}/messages/${answer.id}/regenerate`, { method: 'POST', headers })
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({ assistant_message: { content: 'A2' } })
})

test('only answers are regenerated and only questions edited', async () => {
  app.upstream.plays([{ text: ['A1'] }])
  const { message, assistant_message: answer } = await ask(user, project, 'Q1')
  const regenerate = user.client.call(contract.chat.regenerate, { params: { message_id: message.id }, body: {} })
  expect(await problemOf(regenerate)).toMatchObject({ status: 422, code: 'validation_failed' })
  const edit = user.client.call(contract.chat.edit, { params: { message_id: answer.id }, body: { message: 'No' } })
  expect(await problemOf(edit)).toMatchObject({ status: 422 })
})
