import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTurnRepository, type TurnEnd } from '../../src/modules/chat/turn.repository.ts'
import { newId } from '../../src/platform/ids.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { bookedRuns, scopeOf } from './usage-events.ts'

let app: TestApp
let user: TestUser

beforeAll(async () => {
  app = await startTestApp()
  user = await app.user()
})
afterAll(() => app.close())

const progress = {
  provider: 'openai',
  model: 'gpt-6-luna',
  served_because: 'first_choice',
  first_token_ms: 250,
  prompt_tokens: 40,
  completion_tokens: 3,
}
const end: TurnEnd = {
  ...{ state: 'complete', content: 'the whole answer', finishReason: 'stop', errorCode: null },
  ...{ provider: 'openai', model: 'gpt-6-luna', servedBecause: 'first_choice', promptTokens: 50, completionTokens: 9 },
  ...{ cost: 0.001, priceVersion: '2026-11-23', firstTokenMs: 250 },
  used: { promptTokens: 50, completionTokens: 9, cachedPromptTokens: null, estimated: false },
}

test('a run whose process went before it told anything is booked without counts it does not know', async () => {
  const { answerId } = await begunElsewhere()
  await app.server.deps.turns.reap(true, [])
  expect(await bookedRuns(app.database, answerId)).toMatchObject([
    { state: 'interrupted', model: null, prompt_tokens: null, completion_tokens: 0, estimated: true, cost: null },
  ])
})

test('one that had told is booked once, also when it is given up twice and its process comes back to finish it', async () => {
  const { answerId, account, turns } = await begunElsewhere()
  const { workspaceId, userId } = scopeOf(user)
  await turns.keep([
    { workspaceId, sessionId: account.sessionId, messageId: answerId, content: 'the whole', progress, watched: false },
  ])
  await app.server.deps.turns.reap(true, [])
  await app.server.deps.turns.reap(true, [])
  const late = await turns.finish({ workspaceId, id: answerId, account }, end, false)
  expect(late).toMatchObject({ stored: false, state: 'interrupted', content: 'the whole' })
  expect(await bookedRuns(app.database, answerId)).toMatchObject([
    { state: 'interrupted', model: 'gpt-6-luna', prompt_tokens: 40, completion_tokens: 3, user_id: userId, cost: null },
  ])
})

test('one that was finished is not booked again by a cancellation that comes too late', async () => {
  const { answerId, account, turns } = await begunElsewhere()
  const { workspaceId } = scopeOf(user)
  await turns.finish({ workspaceId, id: answerId, account }, end, false)
  await app.server.deps.turns.cancel(scopeOf(user), answerId)
  expect(await bookedRuns(app.database, answerId)).toMatchObject([
    { state: 'complete', estimated: false, cost: '0.0010000000' },
  ])
})

/** A turn that another process has accepted, which writes nothing by itself. */
async function begunElsewhere() {
  const project = await createProject(user)
  const turns = createTurnRepository(app.server.deps.db, newId())
  const ids = { userMessageId: newId(), assistantMessageId: newId(), sessionId: newId() }
  const turn = { projectId: project.id, isNew: true, title: null, targetId: null, promptId: null }
  const start = { ...turn, ...ids, mode: 'send' as const, content: 'Hello', prefix: '', knownEndId: null }
  await turns.begin(scopeOf(user), start, { maxMessages: 10, maxChars: 1000 }, null)
  const { userId } = scopeOf(user)
  const account = { userId, projectId: project.id, projectName: project.name, sessionId: ids.sessionId }
  return { answerId: ids.assistantMessageId, account, turns }
}
