import { afterEach, expect, test } from 'vitest'
import { healthRoutes } from '../../src/modules/health/health.routes.ts'
import { createHealthService } from '../../src/modules/health/health.service.ts'
import type { App } from '../../src/platform/http/app.ts'
import { startBareApp } from './bare-app.ts'

type Deps = Parameters<typeof createHealthService>[0]

let app: App | undefined

afterEach(() => app?.close())

async function start(given: Partial<Deps>) {
  const deps: Deps = {
    database: { ping: async () => true },
    migrations: async () => 'ok',
    providers: () => [],
    searchLagMs: () => 0,
    disk: async () => ({ freeBytes: 9e11, totalBytes: 1e12 }),
    files: async () => undefined,
    ...given,
  }
  const service = createHealthService(deps)
  const started = await startBareApp((bare) => healthRoutes(bare, service))
  app = started.app
  const get = async (path: string) => {
    const response = await fetch(started.url + path)
    return [response.status, await response.json()]
  }
  return { service, get }
}

test('a server with a migrated database is ready', async () => {
  const { get } = await start({})
  const checks = { database: 'ok', migrations: 'ok' }
  expect(await get('/health/ready')).toEqual([200, { status: 'ready', checks }])
})

test.each<[string, Partial<Deps>, object]>([
  ['pending migrations', { migrations: async () => 'pending' }, { database: 'ok', migrations: 'pending' }],
  [
    'unreadable migrations',
    { migrations: () => Promise.reject(new Error()) },
    { database: 'ok', migrations: 'unknown' },
  ],
  ['no database', { database: { ping: async () => false } }, { database: 'failed', migrations: 'unknown' }],
  [
    'a broken pool',
    { database: { ping: () => Promise.reject(new Error()) } },
    { database: 'failed', migrations: 'unknown' },
  ],
])('a server with %s is not', async (_, given, checks) => {
  const { get } = await start(given)
  expect(await get('/health/ready')).toEqual([503, { status: 'not_ready', checks }])
})

test('a server that stops is alive but not ready', async () => {
  const { service, get } = await start({})
  service.stopping()
  expect((await get('/health/ready'))[0]).toBe(503)
  expect(await get('/health/live')).toEqual([200, { status: 'live' }])
})

test('liveness touches no database', async () => {
  let asked = 0
  const { get } = await start({ database: { ping: async () => ++asked > 0 } })
  expect(await get('/health/live')).toEqual([200, { status: 'live' }])
  expect(asked).toBe(0)
})

const fine = { database: 'ok', migrations: 'ok', search: 'ok', disk: 'ok', files: 'ok', providers: {} }

test('health tells how each part does', async () => {
  const { get } = await start({ providers: () => [{ provider: 'groq', breaker: 'closed' }] })
  expect(await get('/health')).toEqual([200, { status: 'healthy', checks: { ...fine, providers: { groq: 'closed' } } }])
})

test.each<[string, Partial<Deps>, object]>([
  ['no database', { database: { ping: async () => false } }, { database: 'failed', migrations: 'unknown' }],
  ['pending migrations', { migrations: async () => 'pending' }, { migrations: 'pending' }],
  [
    'a read replica that lags',
    { database: { ping: async () => true, replica: { look: async () => false } } },
    { replica: 'away' },
  ],
  [
    'a primary that does not say how far a replica should be',
    { database: { ping: async () => false, replica: { look: () => Promise.reject(new Error('away')) } } },
    { database: 'failed', migrations: 'unknown' },
  ],
  ['a search index that is behind', { searchLagMs: () => 61_000 }, { search: 'behind' }],
  ['a full disk', { disk: async () => ({ freeBytes: 1e8, totalBytes: 1e12 }) }, { disk: 'low' }],
  ['a file storage that takes nothing', { files: () => Promise.reject(new Error('read-only')) }, { files: 'failed' }],
  [
    'a provider that is down for one of two keys',
    {
      providers: () => [
        { provider: 'groq', breaker: 'open' },
        { provider: 'groq', breaker: 'closed' },
      ],
    },
    { providers: { groq: 'open' } },
  ],
])('a server with %s answers that it is degraded', async (_, given, checks) => {
  const { get } = await start(given)
  expect(await get('/health')).toEqual([200, { status: 'degraded', checks: { ...fine, ...checks } }])
})

test('a server whose disk cannot be looked at is healthy all the same', async () => {
  const { get } = await start({ disk: () => Promise.reject(new Error('no such folder')) })
  expect(await get('/health')).toEqual([200, { status: 'healthy', checks: { ...fine, disk: 'unknown' } }])
})

test('a crowd that asks for readiness costs the database one question', async () => {
  let asked = 0
  const { get } = await start({ database: { ping: async () => ++asked > 0 } })
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => get(index % 2 ? '/health' : '/health/ready')),
  )
  expect(answers.every(([status]) => status === 200)).toBe(true)
  expect(asked).toBe(1)
})
