import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ChatRequest, ModelInfo, TokenUsage } from '../../src/llm/provider.ts'
import { ProviderError } from '../../src/llm/provider-error.ts'
import { providerDefinitions } from '../../src/llm/registry.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { collect, providerOptions } from '../support/upstream-calls.ts'

interface Fixture {
  note: string
  streams: { name: string; source: string; lines: string[]; expected: ExpectedAnswer | ExpectedFailure }[]
  requests: { name: string; request: Partial<ChatRequest>; sends: Record<string, unknown> }[]
  headers: Record<string, string>
  models: { source: string; body: unknown; expected: ModelInfo[] }
}
interface ExpectedAnswer {
  text: string
  reason: string
  model: string
  usage: TokenUsage | null
}
interface ExpectedFailure {
  text: string
  error: string
}

let upstream: Upstream
beforeAll(async () => {
  upstream = await startUpstream()
})
afterAll(() => upstream.close())

describe.each(Object.values(providerDefinitions).map((definition) => ({ id: definition.id, definition })))(
  '$id',
  ({ id, definition }) => {
    const file = new URL(`../fixtures/providers/${id}.json`, import.meta.url)
    const fixture: Fixture | null = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
    const { streams = [], requests = [], headers = {}, models } = fixture ?? {}

    test('has a fixture that names the vendor’s pages', () => {
      expect(fixture, `write ${file.pathname}`).not.toBeNull()
      expect(streams.length).toBeGreaterThan(0)
      for (const { source } of [...streams, ...(models ? [models] : [])]) expect(source).toMatch(/^https:\/\//)
    })

    test.each(streams)('replays $name', async ({ lines, expected }) => {
      const provider = definition.create(providerOptions(upstream.url))
      upstream.plays([{ rawChunks: [`${lines.join('\n')}\n`] }])
      const { text, finish, error } = await collect(provider)
      expect(text).toBe(expected.text)
      if ('error' in expected) expect((error as ProviderError).code).toBe(expected.error)
      else {
        const { reason, model, usage } = expected
        expect(finish).toEqual({ type: 'finish', reason, model, usage, attempts: 1 })
      }
      await provider.close()
    })

    test.each(requests)('sends $name', async ({ request, sends }) => {
      const provider = definition.create(providerOptions(upstream.url))
      const messages: ChatRequest['messages'] = [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ]
      await collect(provider, { ...request, messages })
      const sent = upstream.requests.at(-1)
      expect(sent?.body).toEqual({ ...sends, messages })
      expect(sent?.path).toBe('/v1/chat/completions')
      expect(sent?.headers).toMatchObject({ ...headers, accept: 'text/event-stream', 'user-agent': 'chatbot-platform' })
      await provider.close()
    })

    test('reads the list of models and leaves out what cannot chat', async () => {
      const provider = definition.create(providerOptions(upstream.url))
      upstream.offers({ body: JSON.stringify(models?.body) })
      expect(await provider.listModels(AbortSignal.timeout(2000))).toEqual(models?.expected)
      await provider.close()
    })

    test('refuses a list of models that is none, without a word of the upstream', async () => {
      const provider = definition.create(providerOptions(upstream.url))
      for (const [round, code] of [
        [{ status: 401, body: '{"error":{"message":"UPSTREAM-WORDS"}}' }, 'provider_auth'],
        [{ status: 200, body: 'UPSTREAM-WORDS' }, 'provider_bad_response'],
        [{ status: 302, headers: { location: upstream.url }, body: '{"data":[]}' }, 'provider_bad_response'],
      ] as const) {
        upstream.offers(round)
        const error = await provider.listModels(AbortSignal.timeout(2000)).catch((thrown: unknown) => thrown)
        expect(error).toBeInstanceOf(ProviderError)
        expect(error).toMatchObject({ code, message: expect.not.stringContaining('UPSTREAM') })
      }
      await provider.close()
    })
  },
)

test('a server without a key is called without one', async () => {
  const provider = providerDefinitions.openaiCompatible.create(providerOptions(upstream.url, { apiKey: null }))
  await collect(provider)
  expect(upstream.requests.at(-1)?.headers.authorization).toBeUndefined()
  await provider.close()
})
