import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openDatabase } from '../../src/platform/database/database.ts'
import { newId } from '../../src/platform/ids.ts'
import type { CountToShare, LimitStore } from '../../src/platform/limits/limit-store.ts'
import { createPostgresLimitStore } from '../../src/platform/limits/postgres-limit-store.ts'
import { createRedisLimitStore } from '../../src/platform/limits/redis-limit-store.ts'
import { createSharedRedis } from '../../src/platform/redis/redis.ts'
import { readRedisAddress } from '../../src/platform/redis/redis-address.ts'
import { createTestDatabase } from '../support/databases.ts'
import { hasRedis, startRedis, startRedisCluster, type TestRedisCluster } from '../support/redis.ts'

const logger = pino({ level: 'silent' })

/** Opens what processes share; each call of what it resolves with makes the store of one more process. */
type OpenStores = () => Promise<{ store: () => LimitStore; close: () => Promise<void> }>

let cluster: TestRedisCluster | undefined

const backends: [string, OpenStores][] = [
  ['PostgreSQL', inPostgres],
  ['Redis', inRedis],
  ['a Redis cluster', inCluster],
]

describe.skipIf(!hasRedis).each(backends)('processes that count together in %s', (_, open) => {
  let stores: Awaited<ReturnType<OpenStores>>
  let [here, there]: LimitStore[] = []

  beforeAll(async () => {
    stores = await open()
    ;[here, there] = [stores.store(), stores.store()]
  })
  afterAll(() => stores.close())

  const told = async (by: LimitStore | undefined, ...counts: CountToShare[]) => {
    const learned = await by?.exchange({ counts, streams: [] })
    return counts.map(({ key }) => learned?.counts.find((count) => count.key === key))
  }

  test('hear what all of them have counted, each key for itself', async () => {
    const [one, other] = [newId(), newId()]
    expect(await told(here, first(one, 3), first(other, 1))).toMatchObject([{ total: 3 }, { total: 1 }])
    expect(await told(there, first(one, 4))).toMatchObject([{ key: one, total: 7 }])
    expect(await told(here, next(one, 2, 5), next(other, 0, 1))).toMatchObject([{ total: 9 }, { total: 1 }])
  })

  test('give back what they took', async () => {
    const key = newId()
    await told(here, first(key, 5))
    expect(await told(there, first(key, -5))).toMatchObject([{ total: 0 }])
    expect(await told(here, next(key, 1, 6))).toMatchObject([{ total: 1 }])
  })

  test('share the window of whoever was first, and begin a new one when it is over', async () => {
    const key = newId()
    await told(here, first(key, 2, 300))
    const [joined] = await told(there, first(key, 1, 60_000))
    expect(joined).toMatchObject({ total: 3 })
    expect(joined?.remainingMs).toBeLessThanOrEqual(300)
    await sleep(320)
    const [begun] = await told(there, first(key, 1, 60_000))
    expect(begun).toMatchObject({ total: 1 })
    expect(begun?.remainingMs).toBeGreaterThan(59_000)
  })

  test('do not carry a window that was over before they knew into the next one', async () => {
    const key = newId()
    await told(there, first(key, 1, 60_000))
    const [count] = await told(here, { key, add: 1, own: 90, isKnown: true, remainingMs: 5 })
    expect(count).toMatchObject({ total: 2 })
    expect(count?.remainingMs).toBeGreaterThan(59_000)
  })

  test('know what the others have open, whatever they have themselves', async () => {
    const [key, quiet] = [newId(), newId()]
    const streams = (open: number) => ({ counts: [first(quiet, 1)], streams: [{ key, open }] })
    expect((await here?.exchange(streams(3)))?.streams).toEqual([{ key, elsewhere: 0 }])
    expect((await there?.exchange(streams(2)))?.streams).toEqual([{ key, elsewhere: 3 }])
    expect((await here?.exchange(streams(0)))?.streams).toEqual([{ key, elsewhere: 2 }])
    expect((await there?.exchange(streams(2)))?.streams).toEqual([{ key, elsewhere: 0 }])
  })

  test('exchange a thousand keys at once', async () => {
    const keys = Array.from({ length: 1000 }, newId)
    await told(here, ...keys.map((key) => first(key, 2)))
    const counts = await told(there, ...keys.map((key) => first(key, 1)))
    expect(new Set(counts.map((count) => count?.total))).toEqual(new Set([3]))
    if (cluster && here) for (const { ask } of cluster.nodes) expect(Number(await ask('DBSIZE'))).toBeGreaterThan(100)
  })
})

describe.skipIf(!hasRedis)('in Redis', () => {
  test('a part that is told twice, or told to a server that has forgotten it, counts once', async () => {
    const { store, server, close } = await inRedis()
    const [here, there, key] = [store(), store(), newId()]
    const told = async (by: LimitStore, count: CountToShare) =>
      (await by.exchange({ counts: [count], streams: [] })).counts[0]?.total
    await told(here, first(key, 20))
    expect(await told(there, first(key, 5))).toBe(25)
    expect(await told(here, next(key, 20, 20))).toBe(25)
    await server.ask('FLUSHALL')
    expect(await told(here, next(key, 1, 21))).toBe(21)
    expect(await told(there, next(key, 1, 6))).toBe(27)
    await close()
  })

  test('a process that has lost its own part adds to it', async () => {
    const { store, close } = await inRedis()
    const [here, key] = [store(), newId()]
    await here.exchange({ counts: [first(key, 20)], streams: [] })
    const { counts } = await here.exchange({ counts: [first(key, 1)], streams: [] })
    expect(counts).toMatchObject([{ total: 21, own: 21 }])
    await close()
  })

  test('nothing stays for longer than a window, or than a silent process may have streams', async () => {
    const { store, server, close } = await inRedis()
    await store().exchange({ counts: [first('window', 1, 40_000)], streams: [{ key: 'streams', open: 1 }] })
    const keys = (await server.ask('--scan')).split('\n').filter((key) => !key.endsWith('probe'))
    const lives = await Promise.all(keys.map(async (key) => Number(await server.ask('PTTL', key))))
    const [streams = 0, window = 0] = lives.sort((one, other) => one - other)
    expect(lives).toHaveLength(2)
    expect(streams).toBeGreaterThan(10_000)
    expect(streams).toBeLessThanOrEqual(15_000)
    expect(window).toBeGreaterThan(35_000)
    expect(window).toBeLessThanOrEqual(40_000)
    await close()
  })
})

/** The first time a process tells of a window. */
function first(key: string, add: number, remainingMs = 30_000): CountToShare {
  return { key, add, own: add, isKnown: false, remainingMs }
}

/** Another time; `own` is what it has counted so far. */
function next(key: string, add: number, own: number, remainingMs = 30_000): CountToShare {
  return { key, add, own, isKnown: true, remainingMs }
}

async function inPostgres() {
  const database = await createTestDatabase()
  const db = openDatabase({ url: database.runtimeUrl, poolSize: 4, logger })
  return {
    store: () => createPostgresLimitStore(db),
    close: async () => {
      await db.close()
      await database.drop()
    },
  }
}

async function inRedis() {
  const server = await startRedis()
  return { ...(await storesAt(server.url, server.stop)), server }
}

async function inCluster() {
  const started = await startRedisCluster()
  cluster = started
  return storesAt(started.url, async () => {
    cluster = undefined
    await started.stop()
  })
}

async function storesAt(url: string, stop: () => Promise<void>) {
  const address = readRedisAddress(url)
  if (!address) throw new Error('this is no address')
  const redis = createSharedRedis({ address, prefix: 'test', logger })
  redis.open()
  await vi.waitUntil(() => redis.isUp, { timeout: 5000 })
  return {
    store: () => createRedisLimitStore(redis),
    close: async () => {
      await redis.close()
      await stop()
    },
  }
}
