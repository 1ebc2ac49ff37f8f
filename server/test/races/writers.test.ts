import { contract, type Message, type Project } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { inParallel, problemOf } from './race-turns.ts'

const writers = 20

let app: TestApp
let user: TestUser
let project: Project

beforeAll(async () => {
  app = await startTestApp()
  user = await app.user()
  project = await createProject(user)
})
afterAll(() => app.close())

test('of twenty writers at once one is accepted, and the others are told which answer is under way', async () => {
  const sessionId = await newSession()
  const gate = app.upstream.gate()
  app.upstream.plays([{ gate }])
  const asked = app.upstream.requests.length
  const turns = Array.from({ length: writers }, (_, index) => send(sessionId, `At once ${index}`))
  const refusals = turns.map((turn) => problemOf(turn).catch(() => null))
  await app.upstream.waitForRequest(asked)
  const settled = new Promise<void>((resolve) => {
    let left = writers - 1
    for (const refusal of refusals) void refusal.then(() => --left === 0 && resolve())
  })
  await settled
  gate.open()
  const problems = (await Promise.all(refusals)).filter((problem) => problem !== null)
  const [accepted] = (await Promise.allSettled(turns)).filter((turn) => turn.status === 'fulfilled')
  expect(problems).toHaveLength(writers - 1)
  for (const problem of problems) {
    expect(problem).toMatchObject({ status: 409, code: 'session_busy' })
    expect(problem.active_message_id).toBe(accepted?.value.assistant_message.id)
  }
  expect(app.upstream.requests).toHaveLength(asked + 1)
})

test('twenty writers that try until they are heard leave one chain of pairs in order', async () => {
  const sessionId = await newSession()
  app.upstream.answers(() => ({ echo: 'last' }))
  await inParallel(writers, writers, async (index) => {
    while (!(await accepted(sessionId, `Heard ${index}`)));
  })
  app.upstream.answers(() => undefined)
  const params = { session_id: sessionId }
  const stored = await user.client.call(contract.sessions.messages, { params, query: { limit: 100 } })
  expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, index) => index + 1))
  expect(stored).toHaveLength(2 * writers + 2)
  const [, , ...pairs] = stored
  expectPairs(pairs, stored[1]?.id ?? '')
  const questions = pairs.filter(({ role }) => role === 'user').map(({ content }) => content)
  expect(questions.toSorted()).toEqual(Array.from({ length: writers }, (_, index) => `Heard ${index}`).toSorted())
})

/** Question, answer, question, …, each the child of the one before it, and each answer that of its question. */
function expectPairs(messages: Message[], firstParent: string): void {
  let parent = firstParent
  for (const [index, message] of messages.entries()) {
    expect(message).toMatchObject({ role: index % 2 === 0 ? 'user' : 'assistant', parent_id: parent })
    if (index % 2 === 1) expect(message.content).toBe(messages[index - 1]?.content)
    parent = message.id
  }
}

async function newSession(): Promise<string> {
  const turn = await user.client.call(contract.chat.send, { body: { project_id: project.id, message: 'First' } })
  return turn.session_id
}

function send(sessionId: string, message: string) {
  return user.client.call(contract.chat.send, { body: { project_id: project.id, session_id: sessionId, message } })
}

/** Whether this message was taken; false while another answer is under way. */
async function accepted(sessionId: string, message: string): Promise<boolean> {
  const turn = send(sessionId, message)
  const problem = await problemOf(turn).catch(() => null)
  if (problem === null) return (await turn).assistant_message.state === 'complete'
  expect(problem.code).toBe('session_busy')
  return false
}
