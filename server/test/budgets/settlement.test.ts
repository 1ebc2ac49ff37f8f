import { type Budget, type BudgetPatch, contract, type Project } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTurnRepository, type TurnEnd } from '../../src/modules/chat/turn.repository.ts'
import { withSession } from '../../src/platform/database/session.ts'
import { newId } from '../../src/platform/ids.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { ask, problemOf } from '../support/turns.ts'
import { scopeOf } from '../usage/usage-events.ts'

let app: TestApp
let user: TestUser

// One model with a list price (0.10 and 0.50 dollars per million tokens), and a server of its own without prices.
beforeAll(async () => {
  app = await startTestApp({ env: (url) => ({ OPENAI_API_KEY: 'test-key', OPENAI_BASE_URL: `${url}/v1` }) })
  user = await app.user()
})
afterAll(() => app.close())

const priced = { provider: 'openai', model: 'gpt-6-luna', max_tokens: 1000 } satisfies Partial<Project>
const end: Omit<TurnEnd, 'used'> = {
  ...{ state: 'complete', content: 'the whole answer', finishReason: 'stop', errorCode: null },
  ...{ provider: 'openai', model: 'gpt-6-luna', servedBecause: 'first_choice', promptTokens: 0, completionTokens: 9 },
  ...{ cost: null, priceVersion: null, firstTokenMs: 250 },
}
/** What a turn with a question of one token may cost. */
const mostCost = (1 * 0.1 + 1000 * 0.5) / 1_000_000

test('a cancelled answer settles on an estimate of what was written', async () => {
  const project = await createProject(user, priced)
  await limit(project, { tokens_per_day: 5000, cost_per_day: 1 })
  app.upstream.plays([{ text: ['x'.repeat(350), 'never'], hang: 1 }])
  const asked = app.upstream.requests.length
  const turn = ask(user, project, 'Hi!')
  await app.upstream.waitForRequest(asked)
  const [message] = await underWay(user)
  const held = (await budgetOf(project)).day
  expect(held.tokens).toBe(1001)
  expect(held.cost).toBeCloseTo(mostCost, 12)
  await expect.poll(() => textOf(user, message?.id)).toHaveLength(350)
  await user.client.call(contract.chat.cancel, { params: { message_id: message?.id ?? '' } })
  await turn
  // 100 tokens of text and one of the question, by characters.
  const { day } = await budgetOf(project)
  expect(day.tokens).toBe(101)
  expect(day.cost).toBeCloseTo((1 * 0.1 + 100 * 0.5) / 1_000_000, 12)
})

test('a run whose process is gone settles on what it had told, and only once', async () => {
  const project = await createProject(user, priced)
  await limit(project, { tokens_per_day: 5000 })
  const { turns, answerId, sessionId } = await begunElsewhere(project)
  expect((await budgetOf(project)).day.tokens).toBe(1001)
  const told = { provider: 'openai', model: 'gpt-6-luna', served_because: 'first_choice', first_token_ms: 5 }
  const progress = { ...told, prompt_tokens: 40, completion_tokens: 3 }
  const { workspaceId } = scopeOf(user)
  await turns.keep([{ workspaceId, sessionId, messageId: answerId, content: 'half', progress, watched: false }])
  await app.server.deps.turns.reap(true, [])
  expect((await budgetOf(project)).day.tokens).toBe(43)
  await app.server.deps.turns.reap(true, [])
  await app.server.deps.turns.cancel(scopeOf(user), answerId)
  expect((await budgetOf(project)).day.tokens).toBe(43)
  expect(await reservations(answerId)).toBe(0)
})

test('a budget that comes near its limit is told of once a period, also when a crashed run brought it there', async () => {
  const project = await createProject(user, priced)
  await limit(project, { tokens_per_day: 6000, tokens_per_month: 50_000 })
  const finish = async (tokens: number) => {
    const { turns, answerId, sessionId } = await begunElsewhere(project)
    const { workspaceId, userId } = scopeOf(user)
    const account = { userId, projectId: project.id, projectName: project.name, sessionId }
    const used = { promptTokens: 0, completionTokens: tokens, cachedPromptTokens: null, estimated: false }
    return turns.finish({ workspaceId, id: answerId, account }, { ...end, used }, false)
  }
  expect(await finish(3000)).toEqual({ stored: true, warnings: null })
  const crashed = await begunElsewhere(project)
  const told = { provider: 'openai', model: 'gpt-6-luna', served_because: 'first_choice', first_token_ms: 5 }
  const progress = { ...told, prompt_tokens: 0, completion_tokens: 1800 }
  const { workspaceId } = scopeOf(user)
  const { answerId, sessionId } = crashed
  await crashed.turns.keep([{ workspaceId, sessionId, messageId: answerId, content: 'half', progress, watched: false }])
  // Nobody hears of a warning here, so the next run brings it.
  await app.server.deps.turns.reap(true, [])
  expect(await finish(1)).toEqual({ stored: true, warnings: [{ budget: 'project', period: 'day' }] })
  expect(await finish(10)).toEqual({ stored: true, warnings: null })
  expect((await budgetOf(project)).state).toBe('warning')
})

test('what is held for a run is given back when its session is deleted and its process goes', async () => {
  const project = await createProject(user, priced)
  await limit(project, { tokens_per_day: 5000 })
  const { answerId, sessionId } = await begunElsewhere(project)
  await user.client.call(contract.sessions.remove, { params: { session_id: sessionId } })
  await query(`UPDATE budget_reservations SET created_at = now() - interval '2 hours' WHERE message_id = '${answerId}'`)
  await app.server.deps.turns.reap(true, [])
  expect((await budgetOf(project)).day.tokens).toBe(0)
})

test('a run that ends on another day than it began takes nothing from the new one but what it used', async () => {
  const project = await createProject(user, priced)
  await limit(project, { tokens_per_day: 5000 })
  const { answerId } = await begunElsewhere(project)
  await query(`UPDATE budget_reservations SET day = day - 1 WHERE message_id = '${answerId}'`)
  await query(`UPDATE budgets SET day = day - 1 WHERE subject_id = '${project.id}'`)
  app.upstream.plays([{}])
  await ask(user, project, 'Hi!')
  await app.server.deps.turns.cancel(scopeOf(user), answerId)
  expect((await budgetOf(project)).day.tokens).toBe(10)
})

test('under a budget in dollars a model without a price is refused, also as a fallback', async () => {
  const own = await createProject(user)
  const second = await createProject(user, {
    ...priced,
    fallbacks: [{ provider: 'openai-compatible', model: 'test-model' }],
  })
  for (const project of [own, second]) {
    await limit(project, { cost_per_month: 1 })
    expect(await problemOf(ask(user, project, 'Hi!'))).toMatchObject({ status: 402, code: 'price_unknown' })
  }
})

test('a price that the operator has set admits such a model, and books by it', async () => {
  const own = await startTestApp({ env: { MODEL_PRICES: 'openai-compatible/*=1/2' } })
  const asker = await own.user()
  const project = await createProject(asker, { max_tokens: 1000 })
  const params = { project_id: project.id }
  await asker.client.call(contract.budgets.setProject, { params, body: { cost_per_day: 1 } })
  own.upstream.plays([{ usage: { prompt_tokens: 1000, completion_tokens: 200 } }])
  await ask(asker, project, 'Hi!')
  expect((await asker.client.call(contract.budgets.project, { params })).day.cost).toBeCloseTo(0.0014, 12)
  await own.close()
})

test('a budget in dollars admits what it can pay for at most, and counts what answers cost', async () => {
  const project = await createProject(user, priced)
  await limit(project, { cost_per_day: mostCost + 0.000001 })
  app.upstream.plays([{ usage: { prompt_tokens: 1000, completion_tokens: 200 } }])
  await ask(user, project, 'Hi!')
  expect((await budgetOf(project)).day.cost).toBeCloseTo(0.0002, 12)
  expect(await problemOf(ask(user, project, 'Hi!'))).toMatchObject({ code: 'budget_exceeded', unit: 'cost' })
})

test('the budget of the instance holds for every workspace, and its figures stay with the operator', async () => {
  const small = await startTestApp({ env: { BUDGET_TOKENS_PER_DAY: '1050' } })
  const [one, two] = [await small.user(), await small.user()]
  const gate = small.upstream.gate()
  small.upstream.plays([{ gate }])
  const project = await createProject(one, { max_tokens: 1000 })
  const first = ask(one, project, 'Hi!')
  await small.upstream.waitForRequest(0)
  const refused = await problemOf(ask(two, await createProject(two, { max_tokens: 1000 }), 'Hi!'))
  expect(refused).toMatchObject({ code: 'budget_exceeded', budget: 'instance', period: 'day' })
  expect(refused).not.toHaveProperty('used')
  gate.open()
  await first
  await small.close()
})

async function begunElsewhere(project: Project) {
  const turns = createTurnRepository(app.server.deps.db, newId())
  const ids = { userMessageId: newId(), assistantMessageId: newId(), sessionId: newId() }
  const turn = { projectId: project.id, isNew: true, title: null, targetId: null, promptId: null }
  const start = { ...turn, ...ids, mode: 'send' as const, content: 'Hi!', prefix: '', knownEndId: null }
  const claim = {
    maxTokens: 1000,
    historyTokens: 8000,
    passageTokens: 0,
    queryTokens: 0,
    imageTokens: 0,
    prices: undefined,
  }
  await turns.begin(scopeOf(user), start, { maxMessages: 10, maxChars: 1000 }, null, claim)
  return { turns, answerId: ids.assistantMessageId, sessionId: ids.sessionId }
}

function limit(project: Project, body: BudgetPatch): Promise<Budget> {
  return user.client.call(contract.budgets.setProject, { params: { project_id: project.id }, body })
}

function budgetOf(project: Project): Promise<Budget> {
  return user.client.call(contract.budgets.project, { params: { project_id: project.id } })
}

async function underWay(who: TestUser): Promise<{ id: string }[]> {
  return query(
    `SELECT id FROM messages WHERE workspace_id = '${scopeOf(who).workspaceId}' AND state IN ('pending', 'streaming')`,
  )
}

async function textOf(who: TestUser, id = ''): Promise<string> {
  return (await who.client.call(contract.chat.message, { params: { message_id: id } })).content
}

async function reservations(answerId: string): Promise<number> {
  return (await query(`SELECT FROM budget_reservations WHERE message_id = '${answerId}'`)).length
}

function query<R extends object>(sql: string): Promise<R[]> {
  return withSession(app.database.superuserUrl, async (client) => (await client.query(sql)).rows as R[])
}
