import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Provider, ProviderOptions, ProviderTimeouts } from '../../src/llm/provider.ts'
import { ProviderAborted } from '../../src/llm/provider-error.ts'
import { groq } from '../../src/llm/providers/groq.ts'
import { startUpstream } from '../support/upstream.ts'
import { collect, providerOptions } from '../support/upstream-calls.ts'
import type { Round } from '../support/upstream-round.ts'

const roomy: ProviderTimeouts = { connectMs: 2000, firstByteMs: 3000, idleMs: 3000, totalMs: 8000 }

/** A provider before an upstream of its own, so that tests may run side by side. */
async function setUp(timeouts: Partial<ProviderTimeouts> = {}, given: Partial<ProviderOptions> = {}) {
  const upstream = await startUpstream()
  const options = providerOptions(upstream.url, { timeouts: { ...roomy, ...timeouts }, ...given })
  const provider: Provider = groq.create(options)
  onTestFinished(async () => {
    await provider.close()
    await upstream.close()
  })
  return { upstream, provider }
}

async function timed<T>(run: Promise<T>): Promise<[T, number]> {
  const startedAt = performance.now()
  return [await run, performance.now() - startedAt]
}

describe.concurrent('a call ends in time', () => {
  const firstByte: [name: string, round: Round][] = [
    ['no answer', { hang: true }],
    ['headers alone', { hang: 'headers' }],
    ['a role and no text', { hang: 0 }],
    [
      'comments alone',
      { rawChunks: Array.from({ length: 60 }, () => ': keep-alive\n\n'), delayMs: 10, stayOpen: true },
    ],
  ]
  test.for(firstByte)('%s is a timeout of the first byte, without a retry', async ([, round], { expect }) => {
    const { upstream, provider } = await setUp({ firstByteMs: 400 })
    upstream.plays([round])
    const [outcome, tookMs] = await timed(collect(provider))
    expect(outcome.error).toMatchObject({
      code: 'provider_timeout',
      reason: 'first_byte',
      attempts: 1,
      retryable: true,
    })
    expect(tookMs).toBeLessThan(1500)
    expect(await (await upstream.waitForRequest(0)).closed).toBeGreaterThan(0)
  })

  test('silence after text is an idle timeout that keeps the text', async ({ expect }) => {
    const { upstream, provider } = await setUp({ idleMs: 500 })
    upstream.plays([{ text: ['a', 'b', 'c', 'd', 'e', 'f'], delayMs: 150, hang: 5 }])
    const outcome = await collect(provider)
    expect(outcome.text).toBe('abcde')
    expect(outcome.error).toMatchObject({ code: 'provider_timeout', reason: 'idle', textDelivered: true })
  })

  test('reasoning counts as the first byte', async ({ expect }) => {
    const { upstream, provider } = await setUp({ firstByteMs: 600 })
    const gate = upstream.gate()
    upstream.plays([{ reasoning: ['Hm'], text: ['', 'answer'], gate, gateAfter: 1 }])
    const call = collect(provider)
    await sleep(900)
    gate.open()
    expect((await call).text).toBe('answer')
  })

  test('the total bounds a trickle', async ({ expect }) => {
    const { upstream, provider } = await setUp({ totalMs: 400 })
    upstream.plays([{ text: Array.from({ length: 100 }, () => 'x'), delayMs: 20 }])
    const [outcome, tookMs] = await timed(collect(provider))
    expect(outcome.error).toMatchObject({ code: 'provider_timeout', reason: 'total', textDelivered: true })
    expect(tookMs).toBeLessThan(1500)
  })

  test('the total bounds retries and the waits between them', async ({ expect }) => {
    const { upstream, provider } = await setUp({ totalMs: 500 })
    upstream.always({ status: 503, headers: { 'retry-after': '1' } })
    const [outcome, tookMs] = await timed(collect(provider))
    expect(outcome.error).toMatchObject({ code: 'provider_unavailable', attempts: 1, retryAfterSeconds: 1 })
    expect(tookMs).toBeLessThan(900)
  })

  test('a server that never shakes hands is unavailable', async ({ expect }) => {
    const silent = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    const address = silent.address()
    const port = typeof address === 'object' ? address?.port : 0
    const { provider } = await setUp(
      { connectMs: 100 },
      { baseUrl: `https://127.0.0.1:${port}`, retry: { maxRetries: 0 } },
    )
    const [outcome, tookMs] = await timed(collect(provider))
    silent.close()
    expect(outcome.error).toMatchObject({ code: 'provider_unavailable', reason: 'UND_ERR_CONNECT_TIMEOUT' })
    expect(tookMs).toBeLessThan(2500)
  })
})

describe.concurrent('Retry-After', () => {
  test('of a second is waited for', async ({ expect }) => {
    const { upstream, provider } = await setUp()
    upstream.plays([{ status: 429, headers: { 'retry-after': '1' } }])
    const [outcome, tookMs] = await timed(collect(provider))
    expect(outcome.finish).toMatchObject({ attempts: 2 })
    expect(tookMs).toBeGreaterThanOrEqual(990)
  })

  test.for([
    ['in seconds', () => '11'],
    ['as a date', () => new Date(Date.now() + 30_000).toUTCString()],
  ] as [string, () => string][])(
    'of more than ten seconds %s fails at once and is handed on',
    async ([, value], { expect }) => {
      const { upstream, provider } = await setUp()
      upstream.plays([{ status: 429, headers: { 'retry-after': value() } }])
      const { error } = await collect(provider)
      expect(error).toMatchObject({ code: 'provider_rate_limited', attempts: 1, status: 503 })
      expect((error as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThan(10)
    },
  )

  test('does not hold an abort up', async ({ expect }) => {
    const { upstream, provider } = await setUp()
    upstream.always({ status: 503, headers: { 'retry-after': '5' } })
    const [outcome, tookMs] = await timed(collect(provider, {}, { signal: AbortSignal.timeout(200) }))
    expect(outcome.error).toBeInstanceOf(ProviderAborted)
    expect(tookMs).toBeLessThan(3000)
    expect(upstream.requests).toHaveLength(1)
  })
})

describe.concurrent('an abort', () => {
  test.for([
    ['before the headers', { hang: true }, 0],
    ['before the first token', { hang: 'headers' }, 0],
    ['after the first token', { text: ['a', 'b'], hang: 1 }, 1],
  ] as [string, Round, number][])('%s closes the connection within a second', async ([, round, pieces], { expect }) => {
    const { upstream, provider } = await setUp()
    upstream.plays([round])
    const controller = new AbortController()
    const first = Promise.withResolvers<void>()
    const call = collect(provider, {}, { signal: controller.signal, onDelta: () => first.resolve() })
    const request = await upstream.waitForRequest(0)
    await (pieces > 0 ? first.promise : sleep(50))
    const abortedAt = Date.now()
    controller.abort()
    const { error, deltas } = await call
    expect(error).toBeInstanceOf(ProviderAborted)
    expect(error).toMatchObject({ name: 'AbortError' })
    expect(deltas).toHaveLength(pieces)
    expect((await request.closed) - abortedAt).toBeLessThan(1000)
  })

  test('before the call makes no request', async ({ expect }) => {
    const { upstream, provider } = await setUp()
    const { error } = await collect(provider, {}, { signal: AbortSignal.abort() })
    expect(error).toBeInstanceOf(ProviderAborted)
    expect(upstream.requests).toHaveLength(0)
  })

  test('is not needed by a reader that leaves', async ({ expect }) => {
    const { upstream, provider } = await setUp()
    upstream.plays([{ text: ['a', 'b'], hang: 1 }])
    const request = { model: 'm', messages: [], temperature: null, maxTokens: null }
    for await (const event of provider.chat(request, new AbortController().signal)) {
      expect(event).toEqual({ type: 'delta', text: 'a' })
      break
    }
    expect(await (await upstream.waitForRequest(0)).closed).toBeGreaterThan(0)
  })

  test('is what close() looks like from the network: every call ends', async ({ expect }) => {
    const { upstream, provider } = await setUp({}, { retry: { maxRetries: 0 } })
    upstream.always({ text: ['a', 'b'], hang: 1 })
    const first = Promise.withResolvers<void>()
    const call = collect(provider, {}, { onDelta: () => first.resolve() })
    await first.promise
    await provider.close()
    expect((await call).error).toMatchObject({ code: 'provider_truncated' })
    expect(upstream.openSockets()).toBeLessThanOrEqual(1)
  })
})

describe.concurrent('connections', () => {
  test('are kept from one answer to the next, after failures too', async ({ expect }) => {
    const { upstream, provider } = await setUp()
    upstream.plays([{}, { json: true }, { status: 400, body: '{}' }, {}, { text: ['a', 'b'], delayMs: 1 }])
    for (let call = 0; call < 6; call++) await collect(provider)
    expect(upstream.requests).toHaveLength(6)
    // A call that starts before the end of the last one has come finds that connection still in use.
    expect(upstream.openSockets()).toBeLessThanOrEqual(2)
  })

  test('that stay open after [DONE] hold nothing up and are dropped', async ({ expect }) => {
    const { upstream, provider } = await setUp()
    upstream.plays([{ text: ['a'], delayMs: 0, stayOpen: true }])
    const [outcome, tookMs] = await timed(collect(provider))
    expect(outcome).toMatchObject({ text: 'a', finish: { reason: 'stop' } })
    expect(tookMs).toBeLessThan(900)
    expect(await (await upstream.waitForRequest(0)).closed).toBeGreaterThan(0)
  })

  test('that stay open after the finish reason without [DONE] end the answer soon', async ({ expect }) => {
    const { upstream, provider } = await setUp({ idleMs: 200 })
    upstream.plays([{ text: ['a'], noDone: true, stayOpen: true }])
    const outcome = await collect(provider)
    expect(outcome).toMatchObject({ text: 'a', error: null, finish: { reason: 'stop', usage: { promptTokens: 7 } } })
    expect(await (await upstream.waitForRequest(0)).closed).toBeGreaterThan(0)
  })
})

test('what arrives in one read is one delta, and each read is passed on at once', async () => {
  const { upstream, provider } = await setUp()
  const gate = upstream.gate()
  upstream.plays([{ text: ['a', 'b', 'c'], gate, gateAfter: 2, delayMs: 60 }, { text: ['a', 'b', 'c'] }])
  const seen: string[] = []
  const call = collect(provider, {}, { onDelta: (text) => seen.push(text) })
  await expect.poll(() => seen).toEqual(['a', 'b'])
  gate.open()
  expect((await call).deltas).toEqual(['a', 'b', 'c'])
  expect((await collect(provider)).deltas).toEqual(['abc'])
})
