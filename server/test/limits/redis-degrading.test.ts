import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../src/platform/database/database.ts'
import { newId } from '../../src/platform/ids.ts'
import { createDegradingLimitStore } from '../../src/platform/limits/degrading-limit-store.ts'
import { settlingMs } from '../../src/platform/limits/limit-store.ts'
import { createLimits } from '../../src/platform/limits/limits.ts'
import { createPostgresLimitStore } from '../../src/platform/limits/postgres-limit-store.ts'
import { createRedisLimitStore } from '../../src/platform/limits/redis-limit-store.ts'
import { createSharedRedis } from '../../src/platform/redis/redis.ts'
import { readRedisAddress } from '../../src/platform/redis/redis-address.ts'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'
import { hasRedis, startRedis, type TestRedis } from '../support/redis.ts'

const logger = pino({ level: 'silent' })

describe.skipIf(!hasRedis)('three processes whose Redis goes away', () => {
  let database: TestDatabase
  let db: Database
  let server: TestRedis
  let processes: Awaited<ReturnType<typeof openProcess>>[]

  beforeAll(async () => {
    database = await createTestDatabase()
    db = openDatabase({ url: database.runtimeUrl, poolSize: 6, logger })
  })
  beforeEach(async () => {
    server = await startRedis()
    processes = await Promise.all([openProcess(), openProcess(), openProcess()])
  })
  afterEach(async () => {
    for (const one of processes) await one.close()
    await server.stop()
  })
  afterAll(async () => {
    await db.close()
    await database.drop()
  })

  /** What one server process has of it: counts of its own, exchanged by themselves. */
  async function openProcess() {
    const address = readRedisAddress(server.url)
    if (!address) throw new Error('this is no address')
    const redis = createSharedRedis({ address, prefix: 'test', logger })
    const first = createRedisLimitStore(redis)
    const limits = createLimits({
      store: createDegradingLimitStore({ redis, first, otherwise: createPostgresLimitStore(db) }),
    })
    redis.open()
    await expect.poll(() => redis.isUp, { timeout: 4000 }).toBe(true)
    limits.open()
    return {
      redis,
      limit: limits.window({ name: 'user', limit: 400, windowSeconds: 60 }),
      cap: limits.streams({ name: 'streams', limit: 6 }),
      close: async () => {
        limits.close()
        await redis.close()
      },
    }
  }

  /** So many takes of each process, about three in a millisecond; resolves with how many were admitted. */
  async function take(key: string, times: number): Promise<number> {
    let admitted = 0
    for (let n = 0; n < times; n += 1) {
      for (const { limit } of processes) if (!limit.take(key).refused) admitted += 1
      await sleep(1)
    }
    return admitted
  }

  const everybody = (isUp: boolean) =>
    expect
      .poll(() => processes.map(({ redis }) => redis.isUp), { timeout: 4000, interval: 20 })
      .toEqual([isUp, isUp, isUp])

  test.each<[string, (redis: TestRedis) => void, (redis: TestRedis) => unknown]>([
    ['killed, and started empty', ({ kill }) => void kill(), ({ restart }) => restart()],
    ['stopped, and resumed with what it knew', ({ freeze }) => freeze(), ({ thaw }) => thaw()],
  ])('go on from what they know, there and back: %s', async (_, breakIt, mend) => {
    const key = newId()
    let admitted = await take(key, 40)
    await sleep(600)
    breakIt(server)
    admitted += await take(key, 40)
    await everybody(false)
    await sleep(1200)
    admitted += await take(key, 20)
    await mend(server)
    await everybody(true)
    await sleep(600)
    admitted += await take(key, 80)
    expect(admitted).toBeGreaterThanOrEqual(400)
    expect(admitted).toBeLessThanOrEqual(420)
  })

  test('count on in PostgreSQL for as long as it is away', async () => {
    const key = newId()
    let admitted = await take(key, 90)
    await sleep(600)
    await server.kill()
    await everybody(false)
    // Until nobody counts on what Redis said last.
    await sleep(settlingMs + 1000)
    admitted += await take(key, 100)
    expect(admitted).toBeGreaterThanOrEqual(400)
    expect(admitted).toBeLessThanOrEqual(420)
  })

  test('count nothing twice when it comes and goes', async () => {
    const key = newId()
    let admitted = await take(key, 20)
    for (let round = 0; round < 3; round += 1) {
      server.freeze()
      await everybody(false)
      admitted += await take(key, 20)
      await sleep(700)
      server.thaw()
      await everybody(true)
      admitted += await take(key, 10)
      await sleep(700)
    }
    expect(admitted).toBe(330)
    // Each knows of all but what the others have taken last, less than a hundredth of the limit.
    for (const { limit } of processes) {
      const { remaining } = limit.take(key)
      expect(remaining).toBeGreaterThanOrEqual(400 - 333)
      expect(remaining).toBeLessThanOrEqual(400 - 331 + 2 * 4)
    }
  })

  test('refuse whoever was at the limit before, although nobody takes anything meanwhile', async () => {
    const key = newId()
    await take(key, 140)
    await server.kill()
    await everybody(false)
    await sleep(settlingMs + 1000)
    expect(await take(key, 5)).toBe(0)
  })

  test('keep the seats that streams have', async () => {
    const key = newId()
    const two = processes.slice(0, 2)
    for (const { cap } of two) for (let n = 0; n < 3; n += 1) expect(cap.open(key)).toBeTypeOf('function')
    await sleep(1200)
    await server.kill()
    for (let n = 0; n < 20; n += 1) {
      expect(two.map(({ cap }) => cap.open(key))).toEqual([null, null])
      await sleep(200)
    }
  })
})
