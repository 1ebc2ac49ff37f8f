import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'
import { type SpawnedApp, spawnApp } from '../support/spawned-app.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { type FuzzReport, fuzz } from './fuzz.ts'

// `npm run fuzz -- --requests 100000 --seed 7` runs this file for longer.
const requests = Number(process.env.FUZZ_REQUESTS ?? 3000)
const seed = Number(process.env.FUZZ_SEED ?? 1)
const timeoutMs = 60_000 + requests * 40

let database: TestDatabase
let upstream: Upstream
let server: SpawnedApp
let report: FuzzReport

beforeAll(async () => {
  ;[database, upstream] = await Promise.all([createTestDatabase(), startUpstream({ keepsRequests: false })])
  upstream.answers(({ body }) => {
    const length = body.messages?.at(-1)?.content.length ?? 0
    if (length % 19 === 7) return { cutAfter: 1 }
    return length % 19 === 11 ? { status: 400, body: '{"error":{"message":"refused"}}' } : undefined
  })
  server = await spawnApp(database.runtimeUrl, {
    OPENAI_COMPATIBLE_BASE_URL: `${upstream.url}/v1`,
    LLM_MODEL: 'test-model',
    // Of what is uploaded here nobody reads anything; that documents are hostile is another test's matter.
    RUN_JOBS: 'false',
    RATE_LIMIT_ADDRESS: '0',
    RATE_LIMIT_USER: '0',
    RATE_LIMIT_WORKSPACE: '0',
    RATE_LIMIT_PROJECT: '0',
  })
  report = await fuzz({ url: server.url, requests, seed })
  const statuses = Object.entries(report.statuses).map(([status, count]) => `${status}×${count}`)
  process.stdout.write(`fuzz: seed ${seed}, ${report.sent} requests, answers ${statuses.join(' ')}\n`)
}, timeoutMs)
afterAll(async () => {
  await server?.kill()
  await upstream?.close()
  await database?.drop()
})

describe(`requests made from the published document (FUZZ_SEED=${seed})`, () => {
  test('are all answered as the document says, and none with 500', () => {
    expect(Object.fromEntries(report.faults)).toEqual({})
    expect(report.sent).toBe(requests)
  })

  test('reach every operation, and are not only refused', () => {
    const missed = [...report.operations].filter(([, { succeeded }]) => succeeded === 0)
    expect(missed).toEqual([])
    const refused = [...report.operations.values()].reduce((sum, counts) => sum + counts.refused, 0)
    expect(refused).toBeGreaterThan(requests / 5)
  })

  test('leave the same process behind, well and of ordinary size', async () => {
    expect(await server.peakMemory()).toBeLessThan(1024 ** 3)
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200)
  })
})
