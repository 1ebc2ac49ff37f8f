import { contract, type Project } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { endingOf, openTurn, problemOf } from './race-turns.ts'

const copies = 50

let app: TestApp
let user: TestUser
let project: Project

beforeAll(async () => {
  app = await startTestApp()
  user = await app.user()
  project = await createProject(user)
})
afterAll(() => app.close())

test('fifty identical turns with one key are one turn, and all get its answer', async () => {
  const gate = app.upstream.gate()
  app.upstream.plays([{ text: ['once ', 'and ', 'for all'], gate, gateAfter: 1 }])
  const asked = app.upstream.requests.length
  const body = { project_id: project.id, message: 'Once' }
  const send = () => user.client.call(contract.chat.send, { body, headers: { 'idempotency-key': 'one-turn' } })
  const turns = Array.from({ length: copies }, send)
  await app.upstream.waitForRequest(asked)
  gate.open()
  const [first, ...others] = await Promise.all(turns)
  expect(first?.assistant_message).toMatchObject({ state: 'complete', content: 'once and for all' })
  for (const other of others) expect(other).toEqual(first)
  expect(await send()).toEqual(first)
  const params = { session_id: first?.session_id ?? '' }
  expect(await user.client.call(contract.sessions.messages, { params, query: {} })).toHaveLength(2)
  expect(app.upstream.requests).toHaveLength(asked + 1)
})

test('fifty streams with one key read one answer', async () => {
  const gate = app.upstream.gate()
  app.upstream.plays([{ text: ['Grüße ', '👋🏽 ', 'an alle'], gate, gateAfter: 1 }])
  const asked = app.upstream.requests.length
  const body = { project_id: project.id, message: 'Stream once' }
  const headers = { 'idempotency-key': 'one-stream' }
  const opened = Array.from({ length: copies }, () => openTurn(user.client, body, headers))
  await app.upstream.waitForRequest(asked)
  gate.open()
  const endings = await Promise.all(opened.map(async (turn) => endingOf((await turn).events)))
  for (const { event, streamed, message } of endings) {
    expect({ event, streamed, id: message.id }).toEqual({
      event: 'done',
      streamed: 'Grüße 👋🏽 an alle',
      id: endings[0]?.message.id,
    })
  }
  expect(app.upstream.requests).toHaveLength(asked + 1)
})

test('fifty retries after a failure start one more answer to the same question', async () => {
  app.upstream.plays([{ status: 400, body: '{}' }, { text: ['better'] }])
  const asked = app.upstream.requests.length
  const body = { project_id: project.id, message: 'Twice' }
  const send = () => user.client.call(contract.chat.send, { body, headers: { 'idempotency-key': 'one-retry' } })
  const failed = await problemOf(send())
  const retried = await Promise.all(Array.from({ length: copies }, send))
  expect(failed).toMatchObject({ code: 'provider_refused' })
  for (const turn of retried) expect(turn).toEqual(retried[0])
  expect(retried[0]).toMatchObject({ message: failed.message, assistant_message: { content: 'better' } })
  expect(app.upstream.requests).toHaveLength(asked + 2)
})

test('fifty identical projects with one key are one project; another body is refused', async () => {
  const headers = { 'idempotency-key': 'one-project' }
  const create = (name: string) => user.client.call(contract.projects.create, { body: { name }, headers })
  const [first, ...others] = await Promise.all(Array.from({ length: copies }, () => create('Only one')))
  for (const other of others) expect(other).toEqual(first)
  const all = await user.client.call(contract.projects.list, { query: { limit: 100 } })
  expect(all.filter(({ name }) => name === 'Only one')).toHaveLength(1)
  expect(await problemOf(create('Another'))).toMatchObject({ status: 422, code: 'idempotency_key_reused' })
})
