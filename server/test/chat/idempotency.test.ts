import { contract, type Project } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { messagesOf, problemOf } from '../support/turns.ts'

let app: TestApp
let user: TestUser
let project: Project

beforeAll(async () => {
  app = await startTestApp()
  user = await app.user()
  project = await createProject(user)
})
afterAll(() => app.close())

function send(key: string, message: string) {
  const headers = { 'idempotency-key': key }
  return user.client.call(contract.chat.send, { headers, body: { project_id: project.id, message } })
}

test('fifty identical messages with one key are one turn', async () => {
  const before = app.upstream.requests.length
  app.upstream.plays([{ text: ['slow ', 'answer'], delayMs: 100 }])
  const turns = await Promise.all(Array.from({ length: 50 }, () => send('fifty', 'Hello')))
  expect(new Set(turns.map((turn) => JSON.stringify(turn))).size).toBe(1)
  expect(app.upstream.requests.length - before).toBe(1)
  const later = await send('fifty', 'Hello')
  expect(later).toEqual(turns[0])
})

test('the same key with another message is refused', async () => {
  await send('other', 'Hello')
  expect(await problemOf(send('other', 'Goodbye'))).toMatchObject({ status: 422, code: 'idempotency_key_reused' })
})

test('after a failure the same key answers the same question anew, once', async () => {
  app.upstream.plays([{ status: 401 }, { text: ['At last'], delayMs: 50 }])
  const problem = await problemOf(send('failing', 'Hello'))
  const turns = await Promise.all([send('failing', 'Hello'), send('failing', 'Hello'), send('failing', 'Hello')])
  expect(new Set(turns.map((turn) => turn.assistant_message.id)).size).toBe(1)
  expect(turns[0]?.message).toEqual(problem.message)
  const messages = await messagesOf(user, String(problem.session_id))
  expect(messages.map(({ content }) => content)).toEqual(['Hello', 'At last'])
})

test('regenerating, editing and continuing with a key happen once', async () => {
  const first = await send('branching', 'Hello')
  const headers = { 'idempotency-key': 'branch' }
  const params = { message_id: first.assistant_message.id }
  const calls = [
    () => user.client.call(contract.chat.regenerate, { headers, params, body: {} }),
    () => user.client.call(contract.chat.continue, { headers, params, body: {} }),
    () =>
      user.client.call(contract.chat.edit, {
        headers,
        params: { message_id: first.message.id },
        body: { message: 'Hello again' },
      }),
  ]
  for (const call of calls) expect(await call()).toEqual(await call())
})

test('a retry that comes after the session has gone on leaves it as it is', async () => {
  app.upstream.plays([{ status: 401 }, { text: ['Later'] }])
  const problem = await problemOf(send('late', 'Hello'))
  const sessionId = String(problem.session_id)
  const body = { project_id: project.id, session_id: sessionId, message: 'Go on' }
  await user.client.call(contract.chat.send, { body })
  expect(await problemOf(send('late', 'Hello'))).toMatchObject({ code: 'provider_auth', session_id: sessionId })
  expect((await messagesOf(user, sessionId)).at(-1)?.content).toBe('Later')
})

test('a busy session leaves no trace of the key', async () => {
  const gate = app.upstream.gate()
  app.upstream.plays([{ gate }])
  const index = app.upstream.requests.length
  const running = send('first', 'Hello')
  await app.upstream.waitForRequest(index)
  const [session] = await user.client.call(contract.sessions.list, { params: { project_id: project.id }, query: {} })
  const body = { project_id: project.id, session_id: session?.id, message: 'Me too' }
  const headers = { 'idempotency-key': 'second' }
  expect(await problemOf(user.client.call(contract.chat.send, { headers, body }))).toMatchObject({ status: 409 })
  gate.open()
  await running
  expect((await user.client.call(contract.chat.send, { headers, body })).session_id).toBe(session?.id)
})

test('creating a project twice with one key makes one, and a refused one leaves the key free', async () => {
  const headers = { 'idempotency-key': 'project' }
  const create = (name: string) =>
    user.client.call(contract.projects.create, { headers, body: { name, provider: 'nobody' } })
  expect(await problemOf(create('Twice'))).toMatchObject({ status: 422 })
  const good = () => user.client.call(contract.projects.create, { headers, body: { name: 'Twice' } })
  const made = await Promise.all(Array.from({ length: 10 }, good))
  expect(new Set(made.map(({ id }) => id)).size).toBe(1)
})

test.each(['white space', 'x'.repeat(201)])('"%s" is no key', async (key) => {
  expect(await problemOf(send(key, 'Hi'))).toMatchObject({ status: 422, code: 'validation_failed' })
})
