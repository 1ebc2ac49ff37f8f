import { ApiError } from '@chatbot-platform/client'
import { contract } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'

let app: TestApp
let user: TestUser

beforeAll(async () => {
  app = await startTestApp()
  user = await app.user()
})
afterAll(() => app.close())

test('a first message makes a session and answers in the documented shape', async () => {
  const project = await createProject(user)
  app.upstream.plays([{ text: ['Hel', 'lo 👋'] }])
  const turn = await user.client.call(contract.chat.send, { body: { project_id: project.id, message: 'Hi' } })
  expect(turn.message).toMatchObject({ role: 'user', content: 'Hi', chat_session_id: turn.session_id, seq: 1 })
  expect(turn.assistant_message).toMatchObject({
    role: 'assistant',
    content: 'Hello 👋',
    chat_session_id: turn.session_id,
    state: 'complete',
    finish_reason: 'stop',
    provider: 'openai-compatible',
    prompt_tokens: 7,
  })
  const stored = await user.client.call(contract.sessions.messages, {
    params: { session_id: turn.session_id },
    query: {},
  })
  expect(stored).toEqual([turn.message, turn.assistant_message])
})

test('the model gets the active prompt, the history in order and the settings', async () => {
  const project = await createProject(user, { temperature: 0.2, max_tokens: 77, model: 'special' })
  const params = { project_id: project.id }
  await user.client.call(contract.prompts.create, { params, body: { content: 'Be brief.' } })
  await user.client.call(contract.prompts.create, { params, body: { content: 'A draft.', activate: false } })
  app.upstream.plays([{ text: ['One.'] }, { text: ['Two.'] }])
  const first = await user.client.call(contract.chat.send, { body: { ...params, message: 'First?' } })
  await user.client.call(contract.chat.send, { body: { ...params, session_id: first.session_id, message: 'Second?' } })
  const body = app.upstream.requests.at(-1)?.body
  expect(body).toMatchObject({ model: 'special', temperature: 0.2, max_tokens: 77, stream: true })
  expect(body?.messages).toEqual([
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'First?' },
    { role: 'assistant', content: 'One.' },
    { role: 'user', content: 'Second?' },
  ])
})

test('a draft prompt can be tried by its id', async () => {
  const project = await createProject(user)
  const params = { project_id: project.id }
  const draft = await user.client.call(contract.prompts.create, {
    params,
    body: { content: 'Draft.', activate: false },
  })
  const turn = await user.client.call(contract.chat.send, { body: { ...params, message: 'Hi', prompt_id: draft.id } })
  expect(app.upstream.requests.at(-1)?.body.messages?.[0]).toEqual({ role: 'system', content: 'Draft.' })
  expect(turn.assistant_message.prompt_id).toBe(draft.id)
})

test('a failed provider is a 502 that carries the stored message', async () => {
  const project = await createProject(user)
  app.upstream.plays([{ status: 401, body: '{"error":{"message":"bad key sk-secret"}}' }])
  const problem = await problemOf(
    user.client.call(contract.chat.send, { body: { project_id: project.id, message: 'Hi' } }),
  )
  expect(problem).toMatchObject({ status: 502, code: 'provider_auth', message: { content: 'Hi' } })
  expect(JSON.stringify(problem)).not.toContain('sk-secret')
  const params = { session_id: String(problem.session_id) }
  const stored = await user.client.call(contract.sessions.messages, { params, query: {} })
  expect(stored.map(({ role, state, error_code }) => [role, state, error_code])).toEqual([
    ['user', 'complete', null],
    ['assistant', 'failed', 'provider_auth'],
  ])
})

test('a second message while an answer is under way gets 409 with the active message', async () => {
  const project = await createProject(user)
  const gate = app.upstream.gate()
  app.upstream.plays([{ gate }])
  const turn = user.client.call(contract.chat.send, { body: { project_id: project.id, message: 'Hi' } })
  await app.upstream.waitForRequest(app.upstream.requests.length)
  const [session] = await user.client.call(contract.sessions.list, { params: { project_id: project.id }, query: {} })
  const busy = await problemOf(
    user.client.call(contract.chat.send, {
      body: { project_id: project.id, session_id: session?.id, message: 'Me too' },
    }),
  )
  gate.open()
  const { assistant_message: answer } = await turn
  expect(busy).toMatchObject({ status: 409, code: 'session_busy', active_message_id: answer.id })
})

test('twenty parallel first messages make twenty sessions, none mixed', async () => {
  const project = await createProject(user)
  app.upstream.answers(() => ({ echo: 'last' }))
  const questions = Array.from({ length: 20 }, (_, index) => `Question ${index}`)
  const turns = await Promise.all(
    questions.map((message) => user.client.call(contract.chat.send, { body: { project_id: project.id, message } })),
  )
  app.upstream.answers(() => undefined)
  expect(turns.map((turn) => turn.assistant_message.content)).toEqual(questions)
  expect(new Set(turns.map((turn) => turn.session_id)).size).toBe(20)
})

test('a prompt of another project, or one that does not exist, is a 404 and stores nothing', async () => {
  const [project, other] = [await createProject(user), await createProject(user)]
  const prompt = await user.client.call(contract.prompts.create, {
    params: { project_id: other.id },
    body: { content: 'Other.' },
  })
  const body = { project_id: project.id, message: 'Hi', prompt_id: prompt.id }
  expect(await problemOf(user.client.call(contract.chat.send, { body }))).toMatchObject({ status: 404 })
  expect(await user.client.call(contract.sessions.list, { params: { project_id: project.id }, query: {} })).toEqual([])
})

async function problemOf(call: Promise<unknown>) {
  const error = await call.catch((reason: unknown) => reason)
  if (!(error instanceof ApiError)) throw new Error('the call did not fail with a problem')
  return error.problem
}
