import { type Budget, type BudgetPatch, contract, type Project } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withSession } from '../../src/platform/database/session.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { ask, problemOf } from '../support/turns.ts'
import { recordTurn, scopeOf } from '../usage/usage-events.ts'

let app: TestApp
let user: TestUser

beforeAll(async () => {
  app = await startTestApp()
  user = await app.user()
})
afterAll(() => app.close())

/** Each question is 3 characters, a token, so that a turn may take 101. */
const settings = { max_tokens: 100 } satisfies Partial<Project>

test('of 200 turns at once at two processes against a budget for 10, exactly 10 are admitted', async () => {
  const project = await createProject(user, settings)
  await limit(project, { tokens_per_day: 1010 })
  const there = await startTestApp({ database: app.database })
  const gates = [app, there].map(({ upstream }) => {
    const gate = upstream.gate()
    upstream.plays(Array.from({ length: 10 }, () => ({ gate })))
    return gate
  })
  const asked = () => app.upstream.requests.length + there.upstream.requests.length
  const before = asked()
  const turns = Array.from({ length: 200 }, (_, n) => {
    const client = n % 2 === 0 ? user.client : there.as(user.token)
    const turn = client.call(contract.chat.send, { body: { project_id: project.id, message: 'Hi!' } })
    return turn.then(
      () => 'admitted',
      (error: { problem: { code: string } }) => error.problem.code,
    )
  })
  const refused = await firstOf(turns, 190)
  expect(new Set(refused)).toEqual(new Set(['budget_exceeded']))
  await expect.poll(() => asked() - before).toBe(10)
  expect(await budgetOf(project)).toMatchObject({ day: { tokens: 1010 }, state: 'exhausted' })
  for (const gate of gates) gate.open()
  const outcomes = await Promise.all(turns)
  expect(outcomes.filter((outcome) => outcome === 'admitted')).toHaveLength(10)
  // Each used 7 + 3 tokens by the provider's count, and the rest of what was held is free again.
  expect(await budgetOf(project)).toMatchObject({ day: { tokens: 100 }, month: { tokens: 100 }, state: 'ok' })
  await there.close()
})

test('a refusal is a 402 that says which budget, how much is left and when it begins anew', async () => {
  const project = await createProject(user, settings)
  await limit(project, { tokens_per_day: 100, tokens_per_month: 5000 })
  const problem = await problemOf(ask(user, project, 'Hi!'))
  expect(problem).toMatchObject({
    status: 402,
    code: 'budget_exceeded',
    budget: 'project',
    period: 'day',
    unit: 'tokens',
  })
  expect(problem).toMatchObject({ used: 0, limit: 100, wanted: 101 })
  const { day } = await budgetOf(project)
  expect(problem.resets_at).toBe(day.resets_at)
  const answer = await fetch(`${app.url}/chat`, {
    method: 'POST',
    headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ project_id: project.id, message: 'Hi!' }),
  })
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  const sessions = await user.client.call(contract.sessions.list, { params: { project_id: project.id }, query: {} })
  expect(sessions).toEqual([])
})

test('a refused turn leaves its idempotency key free for the next try', async () => {
  const project = await createProject(user, settings)
  await limit(project, { tokens_per_day: 100 })
  const headers = { 'idempotency-key': 'again' }
  const call = { headers, body: { project_id: project.id, message: 'Hi!' } }
  expect(await problemOf(user.client.call(contract.chat.send, call))).toMatchObject({ code: 'budget_exceeded' })
  await limit(project, { tokens_per_day: 200 })
  app.upstream.plays([{}])
  expect((await user.client.call(contract.chat.send, call)).assistant_message.state).toBe('complete')
})

test('a budget counts what the day and the month have seen before it was set', async () => {
  const project = await createProject(user, settings)
  await recordTurn(app, user, { projectId: project.id, promptTokens: 600, completionTokens: 200, cost: 0.25 })
  expect(await limit(project, { tokens_per_month: 1000 })).toMatchObject({
    ...{ tokens_per_day: null, tokens_per_month: 1000, cost_per_day: null, cost_per_month: null },
    ...{ day: { tokens: 800, cost: 0.25 }, month: { tokens: 800, cost: 0.25 }, state: 'warning' },
  })
  expect(await limit(project, { tokens_per_month: null })).toMatchObject({ tokens_per_month: null, state: 'ok' })
  await limit(project, { tokens_per_day: 10 })
  const { detail } = await problemOf(ask(user, project, 'Hi!'))
  expect(detail).toContain('has 0 of 10 tokens left')
})

test('the budget of the workspace holds for all its projects, and deleting one gives nothing back', async () => {
  const other = await app.user()
  const [one, two] = [await createProject(other, settings), await createProject(other, settings)]
  await other.client.call(contract.budgets.setWorkspace, { body: { tokens_per_day: 120 } })
  app.upstream.plays([{}, {}])
  await ask(other, one, 'Hi!')
  await ask(other, two, 'Hi!')
  const full = await problemOf(ask(other, two, 'Hi!'))
  expect(full).toMatchObject({ code: 'budget_exceeded', budget: 'workspace', used: 20 })
  await other.client.call(contract.projects.remove, { params: { project_id: one.id } })
  const after = await other.client.call(contract.budgets.workspace, {})
  expect(after.day.tokens).toBe(20)
})

test('only the owner of a workspace sets its budgets, and nobody sees those of another', async () => {
  const project = await createProject(user, settings)
  const stranger = await app.user()
  const params = { project_id: project.id }
  expect(await problemOf(stranger.client.call(contract.budgets.project, { params }))).toMatchObject({ status: 404 })
  const { workspaceId, userId } = scopeOf(user)
  const setRole = (role: string) =>
    withSession(app.database.superuserUrl, (client) =>
      client.query('UPDATE memberships SET role = $1 WHERE workspace_id = $2 AND user_id = $3', [
        role,
        workspaceId,
        userId,
      ]),
    )
  await setRole('editor')
  const refused = await problemOf(
    user.client.call(contract.budgets.setProject, { params, body: { tokens_per_day: 1 } }),
  )
  await setRole('owner')
  expect(refused).toMatchObject({ status: 403, code: 'forbidden' })
})

function limit(project: Project, body: BudgetPatch): Promise<Budget> {
  return user.client.call(contract.budgets.setProject, { params: { project_id: project.id }, body })
}

function budgetOf(project: Project): Promise<Budget> {
  return user.client.call(contract.budgets.project, { params: { project_id: project.id } })
}

/** The results of those that settle first. */
async function firstOf<T>(promises: Promise<T>[], count: number): Promise<T[]> {
  const results: T[] = []
  await new Promise<void>((resolve) => {
    for (const promise of promises) void promise.then((result) => results.push(result) === count && resolve())
  })
  return results.slice(0, count)
}
