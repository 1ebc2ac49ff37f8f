import { contract, type Project } from '@chatbot-platform/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { leansOnConversation } from '../../src/modules/chat/documents/follow-up.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { addDocument } from '../support/documents.ts'
import { ask } from '../support/turns.ts'
import type { UpstreamRequest } from '../support/upstream.ts'
import type { Round } from '../support/upstream-round.ts'
import { bookedRuns } from '../usage/usage-events.ts'

let app: TestApp
let user: TestUser
let project: Project

beforeAll(async () => {
  app = await startTestApp({ env: { MODEL_PRICES: 'openai-compatible/*=1/10' } })
  user = await app.user()
  project = await createProject(user)
  await addDocument(app, user, project, {
    name: 'Lamps.txt',
    passages: [
      'The lamp Aurora costs 49 euros.',
      'The lamp Borealis weighs two kilograms.',
      'Cables are sold by the metre.',
    ],
  })
})
afterAll(() => app.close())

const usage = { prompt_tokens: 100, completion_tokens: 10 }
const isRewriting = ({ body }: UpstreamRequest) =>
  body.messages?.[0]?.content.startsWith('You prepare questions') ?? false

/** Asks about one lamp and then, leaning on that, about its price; the second question is made searchable like this. */
async function followUp(rewriting: Round) {
  app.upstream.answers((request) => (isRewriting(request) ? rewriting : { text: ['Yes [1].'], usage }))
  const { session_id: id } = await ask(user, project, 'Do you sell the lamp Aurora?')
  const from = app.upstream.requests.length
  const began = performance.now()
  const { assistant_message: answer } = await ask(user, project, 'And how much does it cost?', id)
  const requests = app.upstream.requests.slice(from)
  app.upstream.answers(() => undefined)
  return {
    answer,
    requests,
    tookMs: performance.now() - began,
    prompt: requests.at(-1)?.body.messages?.at(-1)?.content ?? '',
  }
}

test('a question that leans on the conversation is searched for as the model words it', async () => {
  const { requests, prompt, answer } = await followUp({ text: ['"How much does the lamp ', 'Borealis weigh?"'], usage })
  const [rewriting] = requests
  expect(requests).toHaveLength(2)
  expect(rewriting?.body).toMatchObject({ temperature: 0, max_tokens: 200 })
  expect(rewriting?.body.messages?.[1]?.content).toContain('User: Do you sell the lamp Aurora?\nAssistant: Yes [1].')
  expect(prompt).toContain('[1] "Lamps.txt"\n| The lamp Borealis weighs two kilograms.')
  expect(prompt).toMatch(/\n\nAnd how much does it cost\?$/)
  expect(answer.citations).toMatchObject([{ number: 1, ordinal: 1 }])
})

test('what that took is in the ledger and in the cost of the answer', async () => {
  const { answer } = await followUp({
    text: ['How much does the lamp Aurora cost?'],
    usage: { prompt_tokens: 30, completion_tokens: 5 },
  })
  expect(answer).toMatchObject({ prompt_tokens: 100, completion_tokens: 10, cost: 0.00028 })
  const [booked] = await bookedRuns(app.database, answer.id)
  expect(booked).toMatchObject({ prompt_tokens: 130, completion_tokens: 15, estimated: false, cost: '0.0002800000' })
  expect(await user.client.call(contract.chat.message, { params: { message_id: answer.id } })).toEqual(answer)
})

test.each<[string, Round]>([
  ['fails', { status: 500, body: '{}' }],
  ['says nothing', { text: ['  \n'] }],
  ['goes on and on', { text: ['word '.repeat(200)] }],
])('where the model %s, the question is searched for with the one before it', async (_, rewriting) => {
  const { answer, prompt } = await followUp(rewriting)
  expect(answer.state).toBe('complete')
  expect(prompt).toContain('| The lamp Aurora costs 49 euros.')
})

test('a model that hangs is waited for four seconds, and counted by an estimate', async () => {
  const { answer, prompt, tookMs } = await followUp({ text: ['How'], hang: 1 })
  expect(tookMs).toBeGreaterThan(3900)
  expect(tookMs).toBeLessThan(9000)
  expect(prompt).toContain('| The lamp Aurora costs 49 euros.')
  const [booked] = await bookedRuns(app.database, answer.id)
  expect(booked).toMatchObject({ estimated: true, cost: null })
  expect(booked?.prompt_tokens).toBeGreaterThan(150)
})

test('cancelling while the question is made searchable ends the answer, and what was used is booked', async () => {
  app.upstream.answers((request) => (isRewriting(request) ? { text: ['How'], hang: 1 } : { text: ['Yes.'] }))
  const { session_id: id } = await ask(user, project, 'Do you sell the lamp Aurora?')
  const index = app.upstream.requests.length
  const turn = ask(user, project, 'And how much does it cost?', id)
  const rewriting = await app.upstream.waitForRequest(index)
  const messages = await user.client.call(contract.sessions.messages, { params: { session_id: id }, query: {} })
  const answerId = messages.at(-1)?.id ?? ''
  const cancelled = await user.client.call(contract.chat.cancel, { params: { message_id: answerId } })
  app.upstream.answers(() => undefined)
  expect(cancelled).toMatchObject({ state: 'cancelled', content: '' })
  expect((await turn).assistant_message).toEqual(cancelled)
  await rewriting.closed
  expect(app.upstream.requests).toHaveLength(index + 1)
  expect(await bookedRuns(app.database, answerId)).toMatchObject([{ state: 'cancelled', estimated: true }])
})

test('a clear question, and the first of a conversation, cost no call', async () => {
  const before = app.upstream.requests.length
  const { session_id: id } = await ask(user, project, 'And it?')
  await ask(user, project, 'How many kilograms does the lamp Borealis weigh?', id)
  expect(app.upstream.requests.length - before).toBe(2)
})

test('the demo is not asked, and quotes what was found with its number', async () => {
  const demo = await createProject(user, { provider: 'demo', model: null })
  await addDocument(app, user, demo, {
    name: 'Lamps.txt',
    passages: ['Cables are sold here. The lamp Aurora costs 49 euros.'],
  })
  const { session_id: id } = await ask(user, demo, 'What do you know of the lamp Aurora?')
  const { assistant_message: answer } = await ask(user, demo, 'And how many euros does it cost?', id)
  expect(answer.content).toContain('This is a demo answer')
  expect(answer.content).toContain('> The lamp Aurora costs 49 euros. [1]')
  expect(answer.citations).toMatchObject([{ number: 1, file_name: 'Lamps.txt' }])
})

describe('which questions lean on their conversation', () => {
  test.each([
    'And in Spain?',
    'How much does it cost?',
    'why?',
    'Wie lange gilt das?',
    'Und für Firmen mit mehr als zehn Leuten?',
    '¿Y cuánto cuesta enviarlo a Canarias desde Madrid?',
    'وكم تبلغ تكلفة الشحن إلى مصر لهذا المنتج؟',
    '它多少钱?',
    '?',
  ])('%s', (question) => expect(leansOnConversation(question)).toBe(true))

  test.each([
    'How long is the warranty of the lamp Aurora?',
    'Was kostet der Versand nach Österreich pro Paket?',
    '¿Cuál es el plazo de devolución de las lámparas?',
    'ما هي مدة ضمان المصباح الكهربائي الجديد؟',
    '请问贵公司产品的保修期限是多长时间',
  ])('not: %s', (question) => expect(leansOnConversation(question)).toBe(false))
})
