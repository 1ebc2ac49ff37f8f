import { setTimeout as sleep } from 'node:timers/promises'
import { contract } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withSession } from '../../src/platform/database/session.ts'
import type { LimitStore } from '../../src/platform/limits/limit-store.ts'
import { createLimits } from '../../src/platform/limits/limits.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'

// Two servers on one database, as behind a balancer.
const env = { RATE_LIMIT_USER: '400', AUTH_ATTEMPTS_PER_MINUTE: '20', STREAMS_PER_USER: '4' }
let here: TestApp
let there: TestApp

beforeAll(async () => {
  here = await startTestApp({ env })
  there = await startTestApp({ env, database: here.database })
})
afterAll(async () => {
  await there.close()
  await here.close()
})

test('two processes together admit what the limit allows, and at most 5 % more', async () => {
  const user = await here.user()
  const statuses = await Promise.all(
    Array.from({ length: 16 }, async (_, client) => {
      const { url } = client % 2 === 0 ? here : there
      const seen: number[] = []
      for (let n = 0; n < 50; n += 1) seen.push((await get(url, user)).status)
      return seen
    }),
  )
  const admitted = statuses.flat().filter((status) => status === 200).length
  expect(statuses.flat()).toHaveLength(800)
  expect(admitted).toBeGreaterThanOrEqual(400)
  expect(admitted).toBeLessThanOrEqual(420)
})

test('attempts to sign in at one process count at the other', async () => {
  const attempt = ({ url }: TestApp) =>
    fetch(`${url}/auth/login`, {
      method: 'POST',
      body: new URLSearchParams({ username: 'nobody@example.com', password: 'wrong' }),
    })
  await query('DELETE FROM limit_counts')
  const statuses: number[] = []
  for (let n = 0; n < 26; n += 1) {
    statuses.push((await attempt(n % 2 === 0 ? here : there)).status)
    await sleep(20)
  }
  expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(21)
  expect(statuses.at(-1)).toBe(429)
  expect(statuses.at(-2)).toBe(429)
})

test('answers open at one process take seats at the other, and those of a process that is gone do not', async () => {
  const user = await registered()
  const project = await createProject(user)
  const gate = here.upstream.gate()
  here.upstream.plays(Array.from({ length: 4 }, () => ({ gate })))
  const open = await Promise.all(Array.from({ length: 4 }, () => stream(here, user, project.id)))
  expect(open.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  there.upstream.plays([{}, {}, {}])
  // It hears of them with its first exchange.
  await expect.poll(async () => (await stream(there, user, project.id)).status).toBe(429)
  const withoutThem = async () => {
    await query("UPDATE stream_counts SET seen_at = now() - interval '16 seconds'")
    await there.server.deps.limits.exchange()
    return (await stream(there, user, project.id)).status
  }
  await expect.poll(withoutThem, { timeout: 10_000 }).toBe(200)
  gate.open()
  for (const one of open) await one.text()
})

test('while the store is away each process counts by itself, nobody waits, and what was counted is told later', async () => {
  const store = flakyStore()
  const limits = createLimits({ store })
  const limit = limits.window({ name: 'user', limit: 3, windowSeconds: 60 })
  store.fails = true
  for (let n = 0; n < 3; n += 1) expect(limit.take('ada').refused).toBe(false)
  await limits.exchange()
  expect(limit.take('ada').refused).toBe(true)
  store.fails = false
  await sleep(1050)
  await limits.exchange()
  expect([...store.totals.values()]).toEqual([3])
})

test('what the others have counted is known after an exchange, and one window does not reach into the next', async () => {
  const store = flakyStore()
  const clock = { nowMs: 1_000_000 }
  const limits = createLimits({ store, now: () => clock.nowMs })
  const limit = limits.window({ name: 'user', limit: 100, windowSeconds: 60 })
  limit.take('ada')
  store.others = 98
  await limits.exchange()
  expect(limit.take('ada')).toMatchObject({ remaining: 0, refused: false })
  expect(limit.take('ada')).toMatchObject({ remaining: 0, refused: true })
  clock.nowMs += 60_000
  expect(limit.take('ada')).toMatchObject({ remaining: 99, resetMs: 60_000, refused: false })
})

/** A store that adds up, with counts of other processes, and fails when told to. */
function flakyStore(): LimitStore & { fails: boolean; others: number; totals: Map<string, number> } {
  const totals = new Map<string, number>()
  const store = {
    fails: false,
    others: 0,
    totals,
    exchange: async ({ counts }: Parameters<LimitStore['exchange']>[0]) => {
      if (store.fails) throw new Error('away')
      const reply = counts.map(({ key, add, remainingMs }) => {
        totals.set(key, (totals.get(key) ?? 0) + add)
        return { key, total: (totals.get(key) ?? 0) + store.others, remainingMs }
      })
      return { counts: reply, streams: [] }
    },
    forget: async () => undefined,
  }
  return store
}

/** Registers past the limit of attempts, which another test uses up. */
async function registered(): Promise<TestUser> {
  await query('DELETE FROM limit_counts')
  const fresh = await startTestApp({ database: here.database })
  const user = await fresh.user()
  await fresh.close()
  return { ...user, client: here.as(user.token) }
}

function get(url: string, user: TestUser): Promise<Response> {
  return fetch(`${url}${contract.projects.list.path}`, { headers: { authorization: `Bearer ${user.token}` } })
}

function stream(app: TestApp, user: TestUser, projectId: string): Promise<Response> {
  return fetch(`${app.url}/chat`, {
    method: 'POST',
    headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ project_id: projectId, message: 'Hi', stream: true }),
  })
}

function query(sql: string): Promise<unknown> {
  return withSession(here.database.superuserUrl, (client) => client.query(sql))
}
