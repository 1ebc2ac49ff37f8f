import { afterEach, beforeEach, expect, test } from 'vitest'
import { createProject, startTestApp } from '../support/app.ts'
import { ask, problemOf } from '../support/turns.ts'
import { type ReceivedSpan, spansOf, startCollector } from './collector.ts'

const canary = 'CANARY-b7f1'
let collector: Awaited<ReturnType<typeof startCollector>>

beforeEach(async () => {
  collector = await startCollector()
})
afterEach(() => collector.close())

/** Runs `work` in an app that is traced; resolves with what the collector then has. */
async function traced(
  work: (app: Awaited<ReturnType<typeof startTestApp>>) => Promise<unknown>,
  env: Record<string, string> = {},
): Promise<ReceivedSpan[]> {
  const app = await startTestApp({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env } })
  try {
    await work(app)
  } finally {
    await app.close()
  }
  return spansOf(collector.posted)
}

function find(spans: ReceivedSpan[], name: string): ReceivedSpan {
  const span = spans.find((candidate) => candidate.name === name)
  if (!span) throw new Error(`no span ${name} among ${spans.map((one) => one.name).join(', ')}`)
  return span
}

test('a request, its turn and the call to the provider are one trace', async () => {
  const spans = await traced(async ({ user }) => {
    const asker = await user()
    await ask(asker, await createProject(asker), 'Hello?')
  })
  const [request, turn, call] = [find(spans, 'POST /chat'), find(spans, 'turn'), find(spans, 'chat test-model')]
  expect([turn.parentSpanId, call.parentSpanId]).toEqual([request.spanId, turn.spanId])
  expect(new Set([request.traceId, turn.traceId, call.traceId]).size).toBe(1)
  // SERVER, INTERNAL and CLIENT.
  expect([request.kind, turn.kind, call.kind]).toEqual([2, 1, 3])
  expect(request.attributes).toMatchObject({ 'http.route': '/chat', 'http.response.status_code': 200 })
  expect(turn.attributes).toMatchObject({ 'chatbot.turn.outcome': 'complete' })
  expect(collector.posted[0]?.path).toBe('/v1/traces')
})

test('a call to a provider follows the conventions for generative AI', async () => {
  const spans = await traced(async ({ user }) => {
    const asker = await user()
    await ask(asker, await createProject(asker, { temperature: 0.5, max_tokens: 64 }), 'Hello?')
  })
  expect(find(spans, 'chat test-model').attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai-compatible',
    'gen_ai.request.model': 'test-model',
    'gen_ai.request.temperature': 0.5,
    'gen_ai.request.max_tokens': 64,
    'gen_ai.response.model': 'test-model',
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.usage.input_tokens': 7,
    'gen_ai.usage.output_tokens': 3,
  })
  expect(find(spans, 'turn').attributes['gen_ai.conversation.id']).toMatch(/^[0-9a-f-]{36}$/)
})

test('nothing that was said is in a trace, not even of what failed', async () => {
  const spans = await traced(async ({ user, upstream, url }) => {
    const asker = await user()
    const project = await createProject(asker, { name: canary })
    upstream.plays([{ text: [canary] }, { status: 400, body: JSON.stringify({ error: { message: canary } }) }])
    await ask(asker, project, canary)
    await problemOf(ask(asker, project, canary))
    await fetch(`${url}/projects/${canary}?q=${canary}`)
  })
  const failed = spans.filter(({ status }) => status.code === 2)
  expect(failed.map(({ name, attributes }) => [name, attributes['error.type']])).toEqual(
    expect.arrayContaining([
      ['chat test-model', 'provider_refused'],
      ['turn', 'provider_refused'],
    ]),
  )
  expect(collector.posted.map(({ body }) => body).join()).not.toContain(canary)
})

test('a caller continues its own trace only through a proxy that is trusted', async () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` }
  const [believed] = await traced(({ url }) => fetch(`${url}/health/live`, { headers }), { TRUST_PROXY: 'true' })
  expect(believed).toMatchObject({ traceId, parentSpanId: '00f067aa0ba902b7' })
  collector.posted.length = 0
  const [doubted] = await traced(({ url }) => fetch(`${url}/health/live`, { headers }))
  expect(doubted?.traceId).not.toBe(traceId)
})

test('a collector gets its key, and as many traces as it wants', async () => {
  const key = { OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=abc=,x-team=one' }
  await traced(({ url }) => fetch(`${url}/health/live`), key)
  expect(collector.posted[0]?.headers).toMatchObject({ 'x-api-key': 'abc=', 'x-team': 'one' })
  collector.posted.length = 0
  expect(await traced(({ url }) => fetch(`${url}/health/live`), { OTEL_TRACES_SAMPLER_ARG: '0' })).toEqual([])
})

test('a collector that is away takes nothing from the server but the traces', async () => {
  await collector.close()
  const app = await startTestApp({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } })
  const asker = await app.user()
  const { assistant_message: answer } = await ask(asker, await createProject(asker), 'Hello?')
  expect(answer.state).toBe('complete')
  const began = performance.now()
  await app.close()
  expect(performance.now() - began).toBeLessThan(6000)
})
