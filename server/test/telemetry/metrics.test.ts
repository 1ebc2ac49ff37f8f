import { afterEach, describe, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp } from '../support/app.ts'
import { ask, problemOf } from '../support/turns.ts'
import { sampleOf } from './samples.ts'

let app: TestApp | undefined

afterEach(async () => {
  await app?.close()
  app = undefined
})

async function start(env: Record<string, string> = { METRICS_PORT: '0' }) {
  app = await startTestApp({ env })
  const { metricsPort } = app.server
  const scrape = async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  return { app, scrape, user: await app.user() }
}

test('turns, tokens and the first token are counted by provider and model', async () => {
  const { app, scrape, user } = await start()
  const project = await createProject(user)
  await ask(user, project, 'Hello?')
  app.upstream.plays([{ status: 400, body: '{}' }])
  await problemOf(ask(user, project, 'And now?'))

  const text = await scrape()
  const who = { provider: 'openai-compatible', model: 'test-model' }
  expect(sampleOf(text, 'chatbot_turns_total', { outcome: 'complete', ...who })).toBe(1)
  expect(sampleOf(text, 'chatbot_turns_total', { outcome: 'failed', ...who })).toBe(1)
  expect(sampleOf(text, 'chatbot_turn_failures_total', { code: 'provider_refused' })).toBe(1)
  expect(sampleOf(text, 'chatbot_provider_errors_total', { code: 'provider_refused', ...who })).toBe(1)
  expect(sampleOf(text, 'chatbot_turn_first_token_seconds_count', who)).toBe(1)
  expect(sampleOf(text, 'chatbot_tokens_total', { direction: 'output', ...who })).toBeGreaterThanOrEqual(3)
})

test('a model that a project names is `other`, one that the operator names is itself', async () => {
  const { scrape, user } = await start({ METRICS_PORT: '0', METRICS_MODELS: 'named-model' })
  await ask(user, await createProject(user, { model: 'anything-goes' }), 'Hello?')
  await ask(user, await createProject(user, { model: 'named-model' }), 'Hello?')

  const text = await scrape()
  const outcome = { outcome: 'complete', provider: 'openai-compatible' }
  expect(sampleOf(text, 'chatbot_turns_total', { ...outcome, model: 'other' })).toBe(1)
  expect(sampleOf(text, 'chatbot_turns_total', { ...outcome, model: 'named-model' })).toBe(1)
  expect(text).not.toContain('anything-goes')
})

test('requests are counted by the template of their route, whatever is asked for', async () => {
  const { app, scrape } = await start()
  for (const id of ['1', '2', '3']) await fetch(`${app.url}/projects/${id}`)
  for (const path of ['/wp-admin', '/a/b/c']) await fetch(`${app.url}${path}`, { method: 'PROPFIND' })

  const text = await scrape()
  const name = 'chatbot_http_request_duration_seconds_count'
  expect(sampleOf(text, name, { method: 'GET', route: '/projects/:project_id', status: '4xx' })).toBe(3)
  expect(sampleOf(text, 'chatbot_http_problems_total', { code: 'unauthenticated' })).toBe(3)
  expect(text).not.toContain('wp-admin')
})

test('gauges show what is under way', async () => {
  const { app, scrape, user } = await start()
  const gate = app.upstream.gate()
  app.upstream.plays([{ gate }])
  const project = await createProject(user)
  const asked = ask(user, project, 'Hello?')
  await app.upstream.waitForRequest(0)

  const text = await scrape()
  expect(sampleOf(text, 'chatbot_runs', { phase: 'pending' })).toBe(1)
  expect(sampleOf(text, 'chatbot_provider_active_calls', { provider: 'openai-compatible' })).toBe(1)
  expect(sampleOf(text, 'chatbot_provider_breaker', { provider: 'openai-compatible', state: 'closed' })).toBe(1)
  expect(sampleOf(text, 'chatbot_database_pool_size', { pool: 'primary' })).toBe(16)
  expect(text).not.toContain('pool="replica"')
  expect(sampleOf(text, 'nodejs_eventloop_lag_p99_seconds', {})).toBeDefined()
  expect(sampleOf(text, 'chatbot_search_index_lag_seconds', {})).toBeLessThan(10)
  gate.open()
  await asked
  expect(sampleOf(await scrape(), 'chatbot_runs', { phase: 'pending' })).toBe(0)
})

describe('who may read metrics', () => {
  test('nobody, unless they are turned on', async () => {
    const { app } = await start({})
    expect(app.server.metricsPort).toBe(null)
    expect((await fetch(`${app.url}/metrics`)).status).toBe(404)
  })

  test('whoever has the token, on the port of the API', async () => {
    const { app } = await start({ METRICS_TOKEN: 'a-token-of-scrapers' })
    const get = (authorization: string) => fetch(`${app.url}/metrics`, { headers: { authorization } })
    const statuses = await Promise.all(['', 'Bearer wrong', 'Basic x', 'Bearer a-token-of-scrapers'].map(get))
    expect(statuses.map(({ status }) => status)).toEqual([401, 401, 401, 200])
    expect(await statuses[3]?.text()).toContain('chatbot_http_request_duration_seconds')
  })

  test('with a token, not even their own port answers without it', async () => {
    const { app } = await start({ METRICS_TOKEN: 'a-token-of-scrapers', METRICS_PORT: '0' })
    const url = `http://127.0.0.1:${app.server.metricsPort}/metrics`
    expect((await fetch(url)).status).toBe(401)
    expect((await fetch(url, { headers: { authorization: 'Bearer a-token-of-scrapers' } })).status).toBe(200)
  })

  test('their own port serves nothing else', async () => {
    const { app } = await start()
    expect((await fetch(`http://127.0.0.1:${app.server.metricsPort}/health`)).status).toBe(404)
  })
})
