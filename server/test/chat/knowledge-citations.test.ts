import { type ReceivedEvent, readEvents } from '@chatbot-platform/client'
import { contract, type Message, type Project } from '@chatbot-platform/contract'
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { addDocument } from '../support/documents.ts'
import { inOneProcess } from '../support/replicas.ts'
import { ask, messagesOf } from '../support/turns.ts'

// Two servers on one database, as behind a balancer.
let app: TestApp
let there: TestApp
let user: TestUser
let project: Project
let fileId: string

beforeAll(async () => {
  app = await startTestApp()
  there = await startTestApp({ database: app.database })
  user = await app.user()
  project = await createProject(user)
  fileId = await addDocument(app, user, project, {
    name: 'Shop [rules].md',
    passages: [
      { text: 'Parcels are sent from Hamburg every weekday.', heading: 'Parcels' },
      { text: 'Parcels above 30 kilograms go by freight.', heading: 'Heavy parcels' },
    ],
  })
})
afterAll(async () => {
  await there.close()
  await app.close()
})

const question = 'From where are parcels sent?'

test('a stream tells what the answer is given before its first text', async () => {
  app.upstream.plays([{ text: ['From Hamburg ', '[1].'] }])
  const events = await all(await open(question))
  expect(events.map(({ event }) => event).slice(0, 3)).toEqual(['accepted', 'citations', 'delta'])
  expect(given(events).map(({ number, file_id }) => [number, file_id])).toEqual([
    [1, fileId],
    [2, fileId],
  ])
  expect(endOf(events).citations?.map(({ number }) => number)).toEqual([1])
})

test('whoever attaches is told again, at this process and at another, live and later', async () => {
  const gate = app.upstream.gate()
  app.upstream.plays([{ text: ['From Hamburg [1], ', 'or by freight [2].'], gate, gateAfter: 1 }])
  const events = await open(question)
  const { id } = answerOf(await next(events))
  await next(events)
  await next(events)
  const live = [attach(app, id, 5), attach(there, id)]
  gate.open()
  for (const received of [...(await Promise.all(live)), await attach(app, id), await attach(there, id, 18)]) {
    expect(received[0]?.event).toBe('citations')
    expect(given(received).map(({ number }) => number)).toEqual([1, 2])
    expect(endOf(received).citations).toHaveLength(2)
  }
  expect(textOf(await attach(app, id, 5))).toBe('From Hamburg [1], or by freight [2].'.slice(5))
})

test('carrying an answer on keeps its passages and their numbers; writing it anew looks again', async () => {
  app.upstream.plays([
    { text: ['From Hamburg [1], and '], finishReason: 'length' },
    { text: ['heavy ones by freight [2].'] },
    {},
  ])
  const { assistant_message: cut } = await ask(user, project, question)
  const asked = app.upstream.requests.at(-1)?.body.messages?.at(-1)?.content ?? ''
  const { assistant_message: whole } = await user.client.call(contract.chat.continue, {
    params: { message_id: cut.id },
    body: {},
  })
  const again = app.upstream.requests.at(-1)?.body.messages ?? []
  expect(again.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user'])
  expect(withoutCode(again[1]?.content)).toBe(withoutCode(asked))
  expect(whole.content).toBe('From Hamburg [1], and heavy ones by freight [2].')
  expect(whole.citations?.map(({ number }) => number)).toEqual([1, 2])
  await user.client.call(contract.chat.regenerate, { params: { message_id: whole.id }, body: {} })
  expect(withoutCode(app.upstream.requests.at(-1)?.body.messages?.at(-1)?.content)).toBe(withoutCode(asked))
})

test('the stream of an answer that is carried on begins with its passages as well', async () => {
  app.upstream.plays([{ text: ['From Hamburg [1], and '], finishReason: 'length' }, { text: ['so on.'] }])
  const { assistant_message: cut } = await ask(user, project, question)
  const response = await user.client.send(contract.chat.continue, {
    params: { message_id: cut.id },
    body: { stream: true },
  })
  const events = await all(readEvents(response.body ?? new ReadableStream()))
  expect(events.map(({ event }) => event).slice(0, 3)).toEqual(['accepted', 'citations', 'delta'])
  expect(textOf(events)).toBe('From Hamburg [1], and so on.')
})

const countsQueries = inOneProcess('counts the queries of its own process')
countsQueries('a page of messages takes one query for all its citations', async () => {
  app.upstream.answers(() => ({ text: ['From Hamburg [1].'] }))
  const { session_id: id } = await ask(user, project, question)
  const forOne = await queriesFor(() => messagesOf(user, id))
  for (let turn = 0; turn < 9; turn++) await ask(user, project, `${question} Turn ${turn}`, id)
  app.upstream.answers(() => undefined)
  const forTen = await queriesFor(() => messagesOf(user, id))
  expect(forTen.result.filter(({ citations }) => citations?.[0]?.file_name === 'Shop [rules].md')).toHaveLength(10)
  expect([forOne.queries, forTen.queries]).toEqual([1, 1])
})

test('an export has what is cited below each answer', async () => {
  app.upstream.plays([{ text: ['From Hamburg [1].'] }])
  const { session_id: id, assistant_message: answer } = await ask(user, project, question)
  expect(await exported(id, 'markdown')).toContain('From Hamburg [1].\n\n- \\[1\\] Shop \\[rules\\].md, Parcels\n')
  const { messages } = JSON.parse(await exported(id, 'json'))
  expect(messages[1].citations).toEqual(answer.citations)
})

test('siblings and a selected message say what they cite', async () => {
  app.upstream.plays([{ text: ['From Hamburg [1].'] }, { text: ['From Hamburg [2].'] }])
  const { assistant_message: first } = await ask(user, project, question)
  await user.client.call(contract.chat.regenerate, { params: { message_id: first.id }, body: {} })
  const params = { message_id: first.id }
  const siblings = await user.client.call(contract.chat.siblings, { params })
  expect(siblings.map(({ citations }) => citations?.map(({ number }) => number))).toEqual([[1], [2]])
  const select = () => user.client.call(contract.chat.select, { params, headers: { 'idempotency-key': 'once' } })
  expect((await select()).citations).toEqual(first.citations)
  expect((await select()).citations).toEqual(first.citations)
})

async function open(message: string) {
  const body = { project_id: project.id, message, stream: true }
  const response = await user.client.send(contract.chat.send, { body })
  return readEvents(response.body ?? new ReadableStream())
}

async function attach(where: TestApp, id: string, after?: number): Promise<ReceivedEvent[]> {
  const headers: Record<string, string> = after === undefined ? {} : { 'last-event-id': String(after) }
  const response = await where.as(user.token).send(contract.chat.attach, { params: { message_id: id }, headers })
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

function given(events: ReceivedEvent[]) {
  return events.flatMap((event) => (event.event === 'citations' ? event.data.citations : []))
}

function textOf(events: ReceivedEvent[]): string {
  return events.map((event) => (event.event === 'delta' ? event.data.text : '')).join('')
}

function answerOf(event: ReceivedEvent): Message {
  if (event.event !== 'accepted') throw new Error(`${event.event} came first`)
  return event.data.assistant_message
}

function endOf(events: ReceivedEvent[]): Message {
  const last = events.at(-1)
  if (last?.event !== 'done') throw new Error('the stream did not end well')
  return last.data.assistant_message
}

/** The code around passages is new each time. */
function withoutCode(content = ''): string {
  return content.replace(/(DOCUMENTS) \w{24}/g, '$1')
}

async function exported(id: string, format: string): Promise<string> {
  const headers = { authorization: `Bearer ${user.token}` }
  return (await fetch(`${app.url}/sessions/${id}/export?format=${format}`, { headers })).text()
}

/** What reads citations while this goes on, in this process. */
async function queriesFor<T>(work: () => Promise<T>): Promise<{ result: T; queries: number }> {
  const watched = vi.spyOn(pg.Client.prototype, 'query')
  const result = await work()
  const queries = watched.mock.calls.filter(([query]) => JSON.stringify(query).includes('citations')).length
  watched.mockRestore()
  return { result, queries }
}
