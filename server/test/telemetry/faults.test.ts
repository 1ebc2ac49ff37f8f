import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AppError } from '../../src/platform/errors.ts'
import { createHttpApp } from '../../src/platform/http/app.ts'
import { observeRequests } from '../../src/platform/telemetry/http-signals.ts'
import { openMonitoring } from '../../src/platform/telemetry/monitoring.ts'
import { startCollector } from './collector.ts'

const canary = 'CANARY-5e0c'
let collector: Awaited<ReturnType<typeof startCollector>>

beforeEach(async () => {
  collector = await startCollector()
})
afterEach(() => collector.close())

/** The lines of a Sentry envelope: https://develop.sentry.dev/sdk/data-model/envelopes/ */
interface SentryEvent {
  release: string
  environment: string
  tags: Record<string, string>
  exception: { values: { type: string; value: string; stacktrace: { frames: { function?: string }[] } }[] }
}

function eventsOf(): SentryEvent[] {
  return collector.posted.map(({ body }) => JSON.parse(body.split('\n')[2] ?? ''))
}

/** Answers one request on a route that throws `error`, and waits until all reports are out. */
async function requestThatThrows(error: Error): Promise<number> {
  const sentry = { dsn: `http://publickey@${collector.host}/42`, environment: 'test' }
  const metrics = { port: null, host: '127.0.0.1', token: null }
  const monitoring = await openMonitoring({ metrics, tracing: null, sentry }, '9.9.9')
  const app = await createHttpApp({
    logger: pino({ level: 'silent' }),
    corsOrigins: [],
    trustProxy: false,
    production: false,
    authenticate: () => {
      throw new AppError('unauthenticated', 'Sign in first.')
    },
    observe: (http) => observeRequests(http, monitoring, false),
  })
  app.get('/broken/:id', { config: { access: 'public' } }, async function breaks() {
    throw error
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const { status } = await fetch(`http://127.0.0.1:${port}/broken/${canary}?q=${canary}`)
  await app.close()
  await monitoring.telemetry.close()
  return status
}

test('a fault is reported with its kind, its place and its causes', async () => {
  const error = new TypeError('no such thing', { cause: new RangeError('too far') })
  expect(await requestThatThrows(error)).toBe(500)
  const [event, ...others] = eventsOf()
  expect(others).toEqual([])
  expect(event).toMatchObject({ release: '9.9.9', environment: 'test' })
  expect(event?.tags).toMatchObject({ method: 'GET', route: '/broken/:id' })
  expect(event?.exception.values).toMatchObject([
    { type: 'RangeError', value: 'too far' },
    { type: 'TypeError', value: 'no such thing' },
  ])
  expect(event?.exception.values[1]?.stacktrace.frames.length).toBeGreaterThan(1)
  expect(collector.posted[0]?.path).toMatch(/^\/api\/42\/envelope\//)
})

test('a report tells nothing that a request carried, nor what an error quotes', async () => {
  const query = Object.assign(new Error(`Failed query: insert … params: ${canary}`), { name: 'DrizzleQueryError' })
  const refused = Object.assign(new Error(`Key (email)=(${canary}) already exists.`), { code: '23505' })
  await requestThatThrows(Object.assign(query, { cause: refused }))
  await requestThatThrows(new SyntaxError(`Unexpected token in "${canary}"`))
  expect(eventsOf()).toHaveLength(2)
  expect(collector.posted.map(({ body, path }) => path + body).join()).not.toContain(canary)
})

test('what a caller did wrong, and what another system did, is no fault', async () => {
  expect(await requestThatThrows(new AppError('not_found', 'There is no such thing.'))).toBe(404)
  expect(await requestThatThrows(new AppError('provider_unavailable', 'Away.'))).toBe(503)
  expect(collector.posted).toEqual([])
})
