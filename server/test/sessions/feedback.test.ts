import { type ChatTurn, contract } from '@chatbot-platform/contract'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { ask, messagesOf, problemOf } from '../support/turns.ts'

let app: TestApp
let user: TestUser
let turn: ChatTurn

beforeAll(async () => {
  app = await startTestApp()
  app.upstream.answers(() => ({ text: ['ok'] }))
  user = await app.user()
})
beforeEach(async () => {
  turn = await ask(user, await createProject(user), 'Hello')
})
afterAll(() => app.close())

test('a rating is shown on its answer, replaced by the next, and taken back', async () => {
  expect(await rate({ rating: 'down', reason: 'Wrong hours' })).toEqual({ rating: 'down', reason: 'Wrong hours' })
  expect(await shown()).toEqual([undefined, { rating: 'down', reason: 'Wrong hours' }])
  expect(await rate({ rating: 'up' })).toEqual({ rating: 'up', reason: null })
  const message = await user.client.call(contract.chat.message, { params: paramsOf(turn) })
  expect(message.feedback).toEqual({ rating: 'up', reason: null })
  await user.client.call(contract.feedback.remove, { params: paramsOf(turn) })
  await user.client.call(contract.feedback.remove, { params: paramsOf(turn) })
  expect(await shown()).toEqual([undefined, undefined])
})

test('two ratings at once leave one', async () => {
  await Promise.all(Array.from({ length: 10 }, (_, index) => rate({ rating: index % 2 ? 'up' : 'down' })))
  const [, feedback] = await shown()
  expect(feedback?.rating).toMatch(/up|down/)
})

test.each([
  ['another rating', { rating: 'meh' }, 'rating'],
  ['an empty reason', { rating: 'up', reason: '' }, 'reason'],
  ['too long a reason', { rating: 'up', reason: 'a'.repeat(2001) }, 'reason'],
  ['half a character', { rating: 'up', reason: '\ud800' }, 'reason'],
])('%s is refused', async (_, body, field) => {
  const problem = await problemOf(rate(body as { rating: 'up' }))
  expect(problem).toMatchObject({ status: 422, errors: [{ loc: ['body', field] }] })
})

test('a question cannot be rated, and answers like an unknown id', async () => {
  const params = { message_id: turn.message.id }
  const problem = await problemOf(user.client.call(contract.feedback.set, { params, body: { rating: 'up' } }))
  expect(problem).toMatchObject({ status: 404, code: 'not_found' })
  expect(await problemOf(user.client.call(contract.feedback.remove, { params }))).toMatchObject({ status: 404 })
})

test('a rating goes with its session', async () => {
  await rate({ rating: 'up' })
  await user.client.call(contract.sessions.remove, { params: { session_id: turn.session_id } })
  expect(await problemOf(rate({ rating: 'up' }))).toMatchObject({ status: 404 })
})

function rate(body: { rating: 'up' | 'down'; reason?: string }) {
  return user.client.call(contract.feedback.set, { params: paramsOf(turn), body })
}

async function shown() {
  return (await messagesOf(user, turn.session_id)).map(({ feedback }) => feedback)
}

function paramsOf({ assistant_message }: ChatTurn) {
  return { message_id: assistant_message.id }
}
