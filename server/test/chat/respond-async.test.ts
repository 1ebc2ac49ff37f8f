import { contract, type Project } from '@chatbot-platform/contract'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'

let app: TestApp
let user: TestUser
let project: Project

beforeAll(async () => {
  app = await startTestApp()
  user = await app.user()
})
beforeEach(async () => {
  project = await createProject(user)
})
afterAll(() => app.close())

function send(headers: Record<string, string>, fields: object = {}): Promise<Response> {
  return fetch(`${app.url}/chat`, {
    method: 'POST',
    headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ project_id: project.id, message: 'Hi', ...fields }),
  })
}

test('the turn is acknowledged at once, and its answer is found where Location says', async () => {
  app.upstream.plays([{ text: ['Hel', 'lo'], delayMs: 200 }])
  const response = await send({ prefer: 'respond-async' })
  const { message, assistant_message } = (await response.json()) as Record<string, { id: string; content: string }>
  expect([response.status, response.headers.get('preference-applied')]).toEqual([202, 'respond-async'])
  expect(message?.content).toBe('Hi')
  const location = response.headers.get('location') ?? ''
  expect(location).toBe(`/messages/${assistant_message?.id}`)
  const poll = async () => {
    const found = await fetch(app.url + location, { headers: { authorization: `Bearer ${user.token}` } })
    expect(await found.json()).toMatchObject({ state: 'complete', content: 'Hello' })
  }
  await vi.waitFor(poll, { timeout: 10_000, interval: 50 })
})

test('it stands beside other preferences, and yields to a stream', async () => {
  expect((await send({ prefer: 'wait=5, Respond-Async; q=1' })).status).toBe(202)
  const other = await send({ prefer: 'return=minimal, respond-asynchronously' })
  expect([other.status, other.headers.get('location')]).toEqual([200, null])
  const streamed = await send({ prefer: 'respond-async' }, { stream: true })
  expect([streamed.status, streamed.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
  await streamed.body?.cancel()
})

test('the same key finds the turn again: under way as 202, ended as the whole answer', async () => {
  app.upstream.plays([{ text: ['Slow', 'ly'], delayMs: 500 }])
  const headers = { prefer: 'respond-async', 'idempotency-key': 'ask-1' }
  const [first, second] = [await send(headers), await send(headers)]
  expect([first.status, second.status]).toEqual([202, 202])
  expect(second.headers.get('location')).toBe(first.headers.get('location'))
  const whole = await send({ 'idempotency-key': 'ask-1' })
  expect(await whole.json()).toMatchObject({ assistant_message: { content: 'Slowly', state: 'complete' } })
  expect((await send(headers)).status).toBe(200)
})

test('what is refused is refused at once', async () => {
  const response = await send({ prefer: 'respond-async' }, { session_id: project.id })
  expect(response.status).toBe(404)
})

test('a sibling may be asked for in the same way', async () => {
  const body = { project_id: project.id, message: 'Hi' }
  const { assistant_message } = await user.client.call(contract.chat.send, { body })
  const response = await fetch(`${app.url}/messages/${assistant_message.id}/regenerate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${user.token}`, prefer: 'respond-async' },
  })
  expect(response.status).toBe(202)
})
