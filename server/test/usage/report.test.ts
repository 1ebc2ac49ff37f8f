import { ApiError } from '@chatbot-platform/client'
import { contract, maxUsageRows } from '@chatbot-platform/contract'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { newId } from '../../src/platform/ids.ts'
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { createTestClock } from '../support/test-clock.ts'
import { recordTurn, scopeOf } from './usage-events.ts'

const clock = createTestClock(Date.parse('2026-03-31T10:00:00Z'))
let app: TestApp
let user: TestUser

beforeAll(async () => {
  app = await startTestApp({ clock })
})
afterAll(async () => {
  await app.close()
  clock.remove()
})
beforeEach(async () => {
  user = await app.user()
})

const get = (query: Record<string, string> = {}, who = user) => who.client.call(contract.usage.get, { query })
const at = (time: string) => ({ createdAt: new Date(time) })
const march = { from: '2026-03-01', to: '2026-03-31' }

test('an empty account has zeros, for the last thirty days', async () => {
  expect(await get()).toEqual({
    from: '2026-03-02',
    to: '2026-03-31',
    group_by: ['day'],
    totals: { turns: 0, prompt_tokens: 0, completion_tokens: 0, cost: 0, unpriced_turns: 0, estimated_turns: 0 },
    rows: [],
  })
})

test('sums are exact where floating point is not', async () => {
  const costs = [...Array(10).fill(0.1), 0.0000000001]
  for (const cost of costs) await recordTurn(app, user, { ...at('2026-03-10T12:00:00Z'), cost })
  expect(costs.reduce((sum, cost) => sum + cost)).not.toBe(1.0000000001)
  const { totals, rows } = await get()
  expect(totals).toMatchObject({ turns: 11, prompt_tokens: 110, completion_tokens: 55, cost: 1.0000000001 })
  expect(rows).toEqual([{ day: '2026-03-10', ...totals }])
})

test('a turn without a price counts, and does not pretend to be free', async () => {
  const model = { model: 'own-model', provider: 'openai-compatible', cost: null, priceVersion: null }
  await recordTurn(app, user, { ...at('2026-03-10T12:00:00Z'), ...model })
  expect(await get()).toMatchObject({ totals: { turns: 1, cost: null, unpriced_turns: 1 }, rows: [{ cost: null }] })
  await recordTurn(app, user, { ...at('2026-03-10T12:00:00Z'), cost: 0.25 })
  expect(await get()).toMatchObject({ totals: { turns: 2, cost: 0.25, unpriced_turns: 1 }, rows: [{ cost: 0.25 }] })
})

test('failed and cancelled turns count with what is known of them', async () => {
  const unknown = { promptTokens: null, completionTokens: null, cost: null, priceVersion: null }
  await recordTurn(app, user, {
    ...at('2026-03-10T12:00:00Z'),
    ...unknown,
    state: 'failed',
    provider: null,
    model: null,
  })
  await recordTurn(app, user, { ...at('2026-03-10T12:00:00Z'), state: 'cancelled', estimated: true })
  const { totals, rows } = await get({ group_by: 'model' })
  expect(totals).toMatchObject({ turns: 2, prompt_tokens: 10, unpriced_turns: 1, estimated_turns: 1 })
  expect(rows.map(({ provider, model, turns }) => [provider, model, turns])).toEqual([
    ['openai', 'gpt-6-luna', 1],
    [null, null, 1],
  ])
})

test('groups by any choice of day, project and model, in their order', async () => {
  const [first, second] = [newId(), newId()]
  await recordTurn(app, user, { ...at('2026-03-11T00:00:00Z'), projectId: first, projectName: 'A' })
  await recordTurn(app, user, { ...at('2026-03-10T00:00:00Z'), projectId: second, projectName: 'B' })
  await recordTurn(app, user, { ...at('2026-03-10T01:00:00Z'), projectId: second, projectName: 'B', model: 'gpt-5' })
  const byDay = await get({ group_by: 'day' })
  expect(byDay.rows.map(({ day, turns }) => [day, turns])).toEqual([
    ['2026-03-10', 2],
    ['2026-03-11', 1],
  ])
  const all = await get({ group_by: 'model,project,day,day' })
  expect(all.group_by).toEqual(['model', 'project', 'day'])
  expect(all.rows.map(({ day, project_name, model }) => [day, project_name, model])).toEqual([
    ['2026-03-10', 'B', 'gpt-5'],
    ['2026-03-10', 'B', 'gpt-6-luna'],
    ['2026-03-11', 'A', 'gpt-6-luna'],
  ])
  expect(Object.keys(byDay.rows[0] ?? {}).slice(0, 2)).toEqual(['day', 'turns'])
})

test('one project alone, under its latest name', async () => {
  const projectId = newId()
  await recordTurn(app, user, { ...at('2026-03-12T12:00:00Z'), projectId, projectName: 'New name', cost: 0.5 })
  await recordTurn(app, user, { ...at('2026-03-10T12:00:00Z'), projectId, projectName: 'Old name', cost: 0.25 })
  await recordTurn(app, user, at('2026-03-10T12:00:00Z'))
  const { rows, totals } = await get({ group_by: 'project', project_id: projectId })
  expect(rows).toMatchObject([{ project_id: projectId, project_name: 'New name', turns: 2, cost: 0.75 }])
  expect(totals.turns).toBe(2)
})

test('days end at midnight UTC, and both ends of the range belong to it', async () => {
  for (const time of [
    '2026-02-28T23:59:59.999Z',
    '2026-03-01T00:00:00Z',
    '2026-03-31T23:59:59.999Z',
    '2026-04-01T00:00:00Z',
  ]) {
    await recordTurn(app, user, at(time))
  }
  const { rows } = await get(march)
  expect(rows.map(({ day, turns }) => [day, turns])).toEqual([
    ['2026-03-01', 1],
    ['2026-03-31', 1],
  ])
})

test('another tenant sees nothing of it', async () => {
  const { projectId } = await recordTurn(app, user, at('2026-03-10T12:00:00Z'))
  const intruder = await app.user()
  expect(await get({}, intruder)).toMatchObject({ totals: { turns: 0 }, rows: [] })
  expect(await get({ project_id: projectId }, intruder)).toMatchObject({ totals: { turns: 0 }, rows: [] })
})

describe('refuses', () => {
  test.each([
    ['a range that ends before it begins', { from: '2026-03-02', to: '2026-03-01' }, 'from'],
    ['more than 366 days', { from: '2024-01-01', to: '2025-01-01' }, 'from'],
    ['a day that does not exist', { from: '2026-02-30' }, 'from'],
    ['a time', { to: '2026-03-01T00:00:00Z' }, 'to'],
    ['a year before any ledger', { to: '0000-01-01' }, 'to'],
    ['an unknown grouping', { group_by: 'day,user' }, 'group_by'],
    ['an empty grouping', { group_by: '' }, 'group_by'],
    ['a project that is no id', { project_id: 'x' }, 'project_id'],
  ])('%s', async (_, query, field) => {
    const error = await get(query).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(ApiError)
    expect((error as ApiError).problem).toMatchObject({ status: 422, errors: [{ loc: ['query', field] }] })
  })

  test('more groups than an answer may have', async () => {
    const scope = scopeOf(user)
    await app.server.deps.db.tenant(scope, (tx) =>
      tx.execute(sql`INSERT INTO usage_events (workspace_id, id, project_id, project_name, session_id, state, created_at)
        SELECT ${scope.workspaceId}, gen_random_uuid(), gen_random_uuid(), 'x', gen_random_uuid(), 'complete', '2026-03-10'
          FROM generate_series(1, ${maxUsageRows + 1})`),
    )
    await expect(get({ group_by: 'project' })).rejects.toMatchObject({ problem: { status: 422 } })
    expect((await get({ group_by: 'model' })).totals.turns).toBe(maxUsageRows + 1)
  })

  test('a leap year is not too long', async () => {
    expect(await get({ from: '2024-01-01', to: '2024-12-31' })).toMatchObject({ from: '2024-01-01', to: '2024-12-31' })
  })
})
