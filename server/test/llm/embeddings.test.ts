import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { createEmbeddingModel, type EmbeddingSettings } from '../../src/llm/embeddings.ts'
import { ProviderAborted } from '../../src/llm/provider-error.ts'
import { type EmbeddingServer, startEmbeddingServer } from '../knowledge/embedding-server.ts'
import { toyVector } from '../knowledge/toy-embedding.ts'

const never = new AbortController().signal
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function start(options: Parameters<typeof startEmbeddingServer>[0] = {}, more: Partial<EmbeddingSettings> = {}) {
  const server = await startEmbeddingServer({ dimensions: 64, ...options })
  const provider = { id: 'openai', name: 'OpenAI', baseUrl: server.url, apiKey: 'a-key-for-tests' }
  const settings = { provider, model: 'stand-in', dimensions: null, timeoutMs: 5000, retry: { baseMs: 1 }, ...more }
  const model = createEmbeddingModel({ settings, logger: pino({ level: 'silent' }) })
  closing.push(model.close, server.close)
  return { server, model }
}

/** What a call fails with. */
async function failure(server: EmbeddingServer, call: Promise<unknown>) {
  const error = await call.catch((reason: unknown) => reason)
  return { error, requests: server.requests.length }
}

test.each([
  ['base64', false],
  ['numbers', true],
])('vectors come as %s', async (_, numbers) => {
  const { model } = await start({ numbers })
  const { vectors, usage } = await model.embed(['one text', 'another'], never)
  expect(vectors).toEqual([toyVector('one text', 64), toyVector('another', 64)])
  expect(usage).toEqual({ provider: 'openai', model: 'stand-in', tokens: 4, cost: null })
})

test('many texts are sent in parts, in their order', async () => {
  const { server, model } = await start()
  const texts = Array.from({ length: 200 }, (_, index) => `text ${index}`)
  const { vectors } = await model.embed(texts, never)
  expect(server.requests.map(({ length }) => length)).toEqual([96, 96, 8])
  expect(vectors[150]).toEqual(toyVector('text 150', 64))
})

test('shorter vectors are asked for, and others refused', async () => {
  const { server, model } = await start({}, { dimensions: 32 })
  expect((await model.embed(['text'], never)).vectors[0]).toHaveLength(32)
  server.suffers({ dimensions: 48 })
  expect((await failure(server, model.embed(['text'], never))).error).toMatchObject({
    code: 'provider_bad_response',
    reason: 'dimensions',
  })
})

test('a passing failure is tried again, a lasting one is not', async () => {
  const { server, model } = await start()
  server.suffers({ status: 503 }, { status: 429, headers: { 'retry-after': '0' } })
  expect((await model.embed(['text'], never)).vectors).toHaveLength(1)
  server.requests.splice(0)
  server.suffers({ status: 401 })
  expect(await failure(server, model.embed(['text'], never))).toMatchObject({
    error: { code: 'provider_auth' },
    requests: 1,
  })
})

test.each([
  ['too few vectors', { data: [] }],
  ['no numbers', { data: [{ index: 0, embedding: ['a'] }] }],
  [
    'the same place twice',
    {
      data: [
        { index: 0, embedding: [1] },
        { index: 0, embedding: [1] },
      ],
    },
  ],
])('an answer with %s is no answer', async (_, body) => {
  const { server, model } = await start()
  server.suffers({ status: 200, body })
  const texts = Array.from({ length: Math.max(1, body.data.length) }, () => 'text')
  expect((await failure(server, model.embed(texts, never))).error).toMatchObject({ code: 'provider_bad_response' })
})

test('a silent server is given up, and a caller that leaves is let go', async () => {
  const { server, model } = await start({}, { timeoutMs: 200 })
  server.suffers({ hang: true })
  expect((await failure(server, model.embed(['text'], never))).error).toMatchObject({ code: 'provider_timeout' })
  server.suffers({ hang: true })
  const leaving = model.embed(['text'], AbortSignal.timeout(50))
  expect((await failure(server, leaving)).error).toBeInstanceOf(ProviderAborted)
})
