import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@chatbot-platform/client'
import { contract } from '@chatbot-platform/contract'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { withSession } from '../../src/platform/database/session.ts'
import { newId } from '../../src/platform/ids.ts'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'
import { hasRedis, startRedis, startRedisCluster, type TestRedis } from '../support/redis.ts'
import { type SpawnedApp, spawnApp } from '../support/spawned-app.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const limit = 600
/** A second, and another one for a machine that has other tests to run. */
const hangMs = 2000

describe.skipIf(!hasRedis)('three processes with one Redis', () => {
  let database: TestDatabase
  let redis: TestRedis
  let dataDir: string
  let apps: SpawnedApp[]

  beforeAll(async () => {
    ;[database, redis] = [await createTestDatabase(), await startRedis()]
    dataDir = await mkdtemp(join(tmpdir(), 'chatbot-redis-loss-'))
    apps = await startApps(redis.url, 3)
  })
  afterAll(async () => {
    for (const app of apps) await app.kill()
    await redis.stop()
    await database.drop()
    await rm(dataDir, { recursive: true, force: true })
  })

  test('admit together what a limit allows and at most 5 % more, and PostgreSQL counts nothing', async () => {
    await isCountedIn(apps, 'ok')
    const token = await signIn(apps[0])
    await withSession(database.superuserUrl, (client) => client.query('DELETE FROM limit_counts'))
    const load = drive(apps, token)
    await load.until((admitted, all) => admitted >= limit && all > limit * 1.5)
    const { admitted, statuses } = await load.end()
    expect(admitted).toBeGreaterThanOrEqual(limit)
    expect(admitted).toBeLessThanOrEqual(limit * 1.05)
    expect(statuses).toEqual([200, 429])
    const counted = await withSession(database.superuserUrl, (client) => client.query('SELECT 1 FROM limit_counts'))
    expect(counted.rows).toEqual([])
    expect(Number(await redis.ask('DBSIZE'))).toBeGreaterThan(0)
  })

  test('hear at once who has signed out at another', async () => {
    const token = await signIn(apps[0])
    for (const app of apps) expect((await ask(app, token)).status).toBe(200)
    const signedOutAt = performance.now()
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    await fetch(`${apps[0]?.url}${contract.auth.logout.path}`, { method: 'POST', headers, body: '{}' })
    for (const app of apps) await expect.poll(async () => (await ask(app, token)).status, { interval: 20 }).toBe(401)
    // They would ask the database after two seconds.
    expect(performance.now() - signedOutAt).toBeLessThan(1500)
  })

  test.each<[string, (redis: TestRedis) => void, (redis: TestRedis) => unknown]>([
    ['killed', ({ kill }) => void kill(), ({ restart }) => restart()],
    ['stopped in its tracks', ({ freeze }) => freeze(), ({ thaw }) => thaw()],
  ])('go on without it when it is %s under load, and return to it', async (_, breakIt, mend) => {
    await isCountedIn(apps, 'ok')
    const token = await signIn(apps[0])
    const load = drive(apps, token)
    await load.until((admitted) => admitted > limit / 3)
    breakIt(redis)
    const brokenAt = performance.now()
    await isCountedIn(apps, 'degraded')
    // Besides the answers of /health, which are a second old at most.
    expect(performance.now() - brokenAt).toBeLessThan(2500)
    for (const { url } of apps) expect((await fetch(`${url}/health/ready`)).status).toBe(200)
    await signIn(apps[1])
    await load.until((admitted, all) => admitted >= limit && all > limit * 1.5)
    await mend(redis)
    await isCountedIn(apps, 'ok')
    await sleep(1000)
    const { admitted, statuses, slowestMs } = await load.end()
    expect(statuses).toEqual([200, 429])
    expect(slowestMs).toBeLessThan(hangMs)
    expect(admitted).toBeGreaterThanOrEqual(limit)
    expect(admitted).toBeLessThanOrEqual(limit * 1.05)
  })

  test('count as well in a cluster, and without it when one of its nodes dies', async () => {
    const cluster = await startRedisCluster()
    onTestFinished(cluster.stop)
    const clustered = await startApps(cluster.url, 2)
    onTestFinished(async () => {
      for (const app of clustered) await app.kill()
    })
    await isCountedIn(clustered, 'ok')
    const token = await signIn(clustered[0])
    const load = drive(clustered, token)
    await load.until((admitted) => admitted > limit / 3)
    await cluster.nodes[1]?.kill()
    await isCountedIn(clustered, 'degraded')
    await load.until((admitted, all) => admitted >= limit && all > limit * 1.5)
    const { admitted, slowestMs } = await load.end()
    expect(slowestMs).toBeLessThan(hangMs)
    expect(admitted).toBeLessThanOrEqual(limit * 1.05)
  })

  function startApps(url: string, count: number): Promise<SpawnedApp[]> {
    const settings = { REDIS_URL: url, REDIS_PREFIX: newId(), RATE_LIMIT_USER: String(limit), DATA_DIR: dataDir }
    return Promise.all(Array.from({ length: count }, () => spawnApp(database.runtimeUrl, settings)))
  }
})

/** Waits until each says so. */
async function isCountedIn(apps: SpawnedApp[], state: 'ok' | 'degraded'): Promise<void> {
  const redisOf = async ({ url }: SpawnedApp) =>
    (await createClient({ baseUrl: url }).call(contract.health.health, {})).checks.redis
  await expect.poll(() => Promise.all(apps.map(redisOf)), { timeout: 15_000 }).toEqual(apps.map(() => state))
}

/** Of a new user. */
async function signIn(app: SpawnedApp | undefined): Promise<string> {
  const client = createClient({ baseUrl: app?.url ?? '' })
  const account = { email: `${newId()}@example.com`, password: 'correct horse battery' }
  await client.call(contract.auth.register, { body: account })
  const form = { username: account.email, password: account.password }
  return (await client.call(contract.auth.login, { body: form })).access_token
}

function ask(app: SpawnedApp, token: string): Promise<Response> {
  return fetch(`${app.url}${contract.projects.list.path}`, { headers: { authorization: `Bearer ${token}` } })
}

/** Two clients at each process, without a pause to speak of. */
function drive(apps: SpawnedApp[], token: string) {
  const seen = { admitted: 0, all: 0, slowestMs: 0, statuses: new Set<number>() }
  let isOver = false
  const clients = [...apps, ...apps].map(async (app) => {
    while (!isOver) {
      const askedAt = performance.now()
      const { status } = await ask(app, token)
      seen.slowestMs = Math.max(seen.slowestMs, performance.now() - askedAt)
      seen.statuses.add(status)
      seen.all += 1
      if (status === 200) seen.admitted += 1
      await sleep(4)
    }
  })
  const end = async () => {
    isOver = true
    await Promise.all(clients)
    return { ...seen, statuses: [...seen.statuses].sort() }
  }
  // Also where the test has failed.
  onTestFinished(async () => void (await end()))
  return {
    end,
    until: (reached: (admitted: number, all: number) => boolean) =>
      vi.waitUntil(() => reached(seen.admitted, seen.all), { timeout: 60_000, interval: 10 }),
  }
}
