import { contract } from '@chatbot-platform/contract'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { type ReplicatedDatabase, startReplicatedDatabase } from '../support/standby.ts'
import { sampleOf } from '../telemetry/samples.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

let database: ReplicatedDatabase
let writer: TestApp
let reader: TestApp
let user: TestUser
let standby: pg.Pool

beforeAll(async () => {
  database = await startReplicatedDatabase()
  const options = { database: database.primary, env: { DATABASE_REPLICA_URL: database.standbyUrl } }
  writer = await startTestApp(options)
  reader = await startTestApp({ ...options, env: { ...options.env, METRICS_PORT: '0', DATABASE_POOL_SIZE: '6' } })
  user = await writer.user()
  standby = new pg.Pool({ connectionString: database.standbySuperuserUrl })
  standby.on('error', () => undefined)
})
afterAll(async () => {
  await standby.end()
  await Promise.all([writer.close(), reader.close()])
  await database.stop()
})

/** How often the standby has looked into this table. */
async function scansOf(table: string): Promise<number> {
  const sql = 'SELECT seq_scan + idx_scan AS scans FROM pg_stat_user_tables WHERE relname = $1'
  return Number((await standby.query(sql, [table])).rows[0]?.scans)
}

/** The user's projects as another process sees them. */
async function listed(): Promise<string[]> {
  const projects = await reader.as(user.token).call(contract.projects.list, { query: { limit: 100 } })
  return projects.map(({ id }) => id)
}

async function metrics(): Promise<string> {
  return (await fetch(`http://127.0.0.1:${reader.server.metricsPort}/metrics`)).text()
}

const replicaUp = async () => sampleOf(await metrics(), 'chatbot_database_replica_up', {})

async function replicaHealth() {
  const { status, checks } = await reader.as(user.token).call(contract.health.health, {})
  return { status, replica: checks.replica }
}

test('the standby answers lists, and each shows what was written just before at another process', async () => {
  const before = await scansOf('projects')
  for (let count = 0; count < 50; count++) {
    const { id } = await createProject(user)
    expect(await listed()).toContain(id)
  }
  await vi.waitFor(async () => expect(await scansOf('projects')).toBeGreaterThanOrEqual(before + 25), 10_000)
})

test('metrics tell the pool of the standby from that of the primary', async () => {
  await createProject(user)
  await listed()
  const text = await metrics()
  for (const pool of ['primary', 'replica']) {
    expect(sampleOf(text, 'chatbot_database_pool_size', { pool })).toBe(6)
    expect(sampleOf(text, 'chatbot_database_waiting', { pool })).toBe(0)
    expect(sampleOf(text, 'chatbot_database_connections', { pool, state: 'idle' })).toBeGreaterThan(0)
  }
})

test('history, usage and exports follow a turn at another process', async () => {
  const project = await createProject(user)
  writer.upstream.plays([{ text: ['A lamp', ' gives light.'] }])
  const body = { project_id: project.id, message: 'What is a lamp?' }
  const { session_id } = await user.client.call(contract.chat.send, { body })
  const other = reader.as(user.token)
  const history = await other.call(contract.sessions.messages, { params: { session_id }, query: {} })
  expect(history.map(({ content }) => content)).toEqual(['What is a lamp?', 'A lamp gives light.'])
  const { totals } = await other.call(contract.usage.get, { query: { project_id: project.id } })
  expect(totals.turns).toBe(1)
  const file = await fetch(`${reader.url}/sessions/${session_id}/export`, {
    headers: { authorization: `Bearer ${user.token}` },
  })
  expect(await file.text()).toContain('A lamp gives light.')
})

test('row-level security holds at the standby', async () => {
  const { rows } = await standby.query(
    "SELECT relname FROM pg_class WHERE relname = 'projects' AND relforcerowsecurity",
  )
  expect(rows).toHaveLength(1)
  const stranger = await writer.user()
  expect(await reader.as(stranger.token).call(contract.projects.list, { query: {} })).toEqual([])
})

describe('a standby that', () => {
  afterEach(async () => {
    await database.startStandby()
    await standby.query('SELECT pg_wal_replay_resume()')
  })

  test('lags is not waited for long: the primary answers', async () => {
    await standby.query('SELECT pg_wal_replay_pause()')
    const { id } = await createProject(user)
    const began = performance.now()
    expect(await listed()).toContain(id)
    expect(performance.now() - began).toBeLessThan(2000)
  })

  test('is gone is replaced by the primary, and asked again once it is back', async () => {
    await database.stopStandby()
    const { id } = await createProject(user)
    for (let count = 0; count < 10; count++) expect(await listed()).toContain(id)
    await vi.waitFor(async () => expect(await replicaHealth()).toMatchObject({ status: 'degraded', replica: 'away' }))
    expect(await replicaUp()).toBe(0)
    await database.startStandby()
    const before = await scansOf('projects')
    const isAsked = async () => {
      expect(await listed()).toContain(id)
      expect(await scansOf('projects')).toBeGreaterThan(before)
    }
    await vi.waitFor(isAsked, { timeout: 20_000, interval: 200 })
    await vi.waitFor(async () => expect(await replicaHealth()).toEqual({ status: 'healthy', replica: 'ok' }), 5000)
    expect(await replicaUp()).toBe(1)
  })
})

test('that a standby is gone, or back, shows in the metrics though nobody reads', { timeout: 40_000 }, async () => {
  await vi.waitFor(async () => expect(await replicaUp()).toBe(1), { timeout: 10_000, interval: 200 })
  await database.stopStandby()
  await vi.waitFor(async () => expect(await replicaUp()).toBe(0), { timeout: 10_000, interval: 200 })
  await database.startStandby()
  await vi.waitFor(async () => expect(await replicaUp()).toBe(1), { timeout: 20_000, interval: 200 })
})

test('a primary in the place of a standby is not read from', async () => {
  const app = await startTestApp({
    database: database.primary,
    env: { DATABASE_REPLICA_URL: database.primary.runtimeUrl },
  })
  const { id } = await createProject(user)
  const projects = await app.as(user.token).call(contract.projects.list, { query: { limit: 100 } })
  expect(projects.map((project) => project.id)).toContain(id)
  await app.close()
})
