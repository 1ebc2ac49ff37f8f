import { setTimeout as sleep } from 'node:timers/promises'
import { type ReceivedEvent, readEvents } from '@chatbot-platform/client'
import { contract, type Message, type Project } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'

let app: TestApp
let user: TestUser
let project: Project

beforeAll(async () => {
  app = await startTestApp()
  user = await app.user()
  project = await createProject(user)
})
afterAll(() => app.close())

test('a streamed turn is accepted, arrives in pieces and ends with the stored answer', async () => {
  const gate = app.upstream.gate()
  app.upstream.plays([{ text: ['Grüß ', 'dich ', '👋🏽'], gate, gateAfter: 1 }])
  const events = await open('Hallo')
  expect(await next(events)).toMatchObject({ event: 'accepted', data: { assistant_message: { state: 'pending' } } })
  expect(await next(events)).toMatchObject({ event: 'delta', data: { text: 'Grüß ' }, id: 5 })
  gate.open()
  const rest = await all(events)
  const text = `Grüß ${rest.map(textOf).join('')}`
  expect(text).toBe('Grüß dich 👋🏽')
  expect(rest.at(-1)).toMatchObject({
    event: 'done',
    data: { assistant_message: { content: text, state: 'complete' } },
  })
})

test('an answer says how long its first token took, also one that was cut; without a token it says nothing', async () => {
  const gate = app.upstream.gate()
  app.upstream.plays([
    { text: ['late'], gate },
    { text: ['cut ', 'off'], cutAfter: 1 },
    { status: 401, body: '{}' },
  ])
  const asked = app.upstream.requests.length
  const slow = open('When?')
  await app.upstream.waitForRequest(asked)
  await sleep(120)
  gate.open()
  const answers = [endOf(await all(await slow))]
  for (const question of ['Cut', 'Refused']) answers.push(endOf(await all(await open(question))))
  const [first, second, third] = answers.map(({ first_token_ms }) => first_token_ms)
  expect(first).toBeGreaterThanOrEqual(115)
  expect(first).toBeLessThan(5000)
  expect([second, third]).toEqual([expect.any(Number), null])
  for (const answer of answers) {
    expect(await user.client.call(contract.chat.message, { params: { message_id: answer.id } })).toEqual(answer)
  }
})

test('an answer goes on when its reader leaves, and can be read from where the reader stopped', async () => {
  const gate = app.upstream.gate()
  app.upstream.plays([{ text: ['one ', 'two ', 'three'], gate, gateAfter: 2 }])
  const leave = new AbortController()
  const events = await open('Count', leave.signal)
  const accepted = await next(events)
  const answer = answerOf(accepted)
  await next(events)
  leave.abort()
  gate.open()
  const live = await attach(answer.id, 4)
  expect(live.map(textOf).join('')).toBe('two three')
  const later = await attach(answer.id)
  expect(later.map(textOf).join('')).toBe('one two three')
  expect(later.at(-1)?.event).toBe('done')
})

test('cancel keeps the text so far, closes the upstream and tells every reader', async () => {
  app.upstream.plays([{ text: ['partial ', 'never'], hang: 1 }])
  const events = await open('Stop me')
  const answer = answerOf(await next(events))
  await next(events)
  const upstreamRequest = app.upstream.requests.at(-1)
  const params = { message_id: answer.id }
  const cancelled = await user.client.call(contract.chat.cancel, { params })
  expect(cancelled).toMatchObject({ state: 'cancelled', content: 'partial ', error_code: null })
  expect(await next(events)).toMatchObject({ event: 'cancelled', data: { assistant_message: cancelled } })
  await upstreamRequest?.closed
  expect(await user.client.call(contract.chat.cancel, { params })).toEqual(cancelled)
})

test('a JSON turn that is cancelled answers 200 with the partial text', async () => {
  app.upstream.plays([{ text: ['some'], hang: 1 }])
  const index = app.upstream.requests.length
  const turn = user.client.call(contract.chat.send, { body: { project_id: project.id, message: 'Hi' } })
  await app.upstream.waitForRequest(index)
  const [session] = await user.client.call(contract.sessions.list, { params: { project_id: project.id }, query: {} })
  const params = { session_id: session?.id ?? '' }
  const [, answer] = await user.client.call(contract.sessions.messages, { params, query: {} })
  await user.client.call(contract.chat.cancel, { params: { message_id: answer?.id ?? '' } })
  expect((await turn).assistant_message).toMatchObject({ state: 'cancelled' })
})

test('a provider that fails mid-way ends the stream with an error that keeps the text', async () => {
  app.upstream.plays([{ text: ['half ', 'an answer'], cutAfter: 1 }])
  const events = await all(await open('Break'))
  expect(events.at(-1)).toMatchObject({
    event: 'error',
    data: { code: 'provider_truncated', retryable: true, assistant_message: { state: 'failed', content: 'half ' } },
  })
})

async function open(message: string, signal?: AbortSignal) {
  const body = { project_id: project.id, message, stream: true }
  const response = await user.client.send(contract.chat.send, { body, ...(signal ? { signal } : {}) })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  return readEvents(response.body ?? new ReadableStream())
}

async function attach(id: string, after?: number): Promise<ReceivedEvent[]> {
  const headers: Record<string, string> = after === undefined ? {} : { 'last-event-id': String(after) }
  const response = await user.client.send(contract.chat.attach, { params: { message_id: id }, headers })
  return all(readEvents(response.body ?? new ReadableStream()))
}

async function next(events: AsyncGenerator<ReceivedEvent>): Promise<ReceivedEvent> {
  const { value, done } = await events.next()
  if (done) throw new Error('the stream has ended')
  return value
}

async function all(events: AsyncGenerator<ReceivedEvent>): Promise<ReceivedEvent[]> {
  const received: ReceivedEvent[] = []
  for await (const event of events) received.push(event)
  return received
}

function textOf(event: ReceivedEvent): string {
  return event.event === 'delta' ? event.data.text : ''
}

function answerOf(event: ReceivedEvent): Message {
  if (event.event !== 'accepted') throw new Error(`${event.event} came first`)
  return event.data.assistant_message
}

function endOf(events: ReceivedEvent[]): Message {
  const last = events.at(-1)
  if (last?.event !== 'done' && last?.event !== 'error') throw new Error('the stream did not end')
  return last.data.assistant_message
}
