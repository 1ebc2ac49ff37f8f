import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createModelRegistry, type RegistrySettings } from '../../src/llm/registry.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { collect, providerOptions, recordingLogger } from '../support/upstream-calls.ts'

let upstream: Upstream
beforeEach(async () => {
  upstream = await startUpstream()
})
afterEach(() => upstream.close())

function open(given: Partial<RegistrySettings> = {}) {
  const { timeouts } = providerOptions(upstream.url)
  const settings = { defaultProvider: null, defaultModel: null, providers: {}, timeouts, demoDelayMs: 0, ...given }
  const registry = createModelRegistry({ settings, logger: recordingLogger() })
  onTestFinished(() => registry.close())
  return registry
}
const configured = () => ({ apiKey: 'k', baseUrl: upstream.url })
const follow = { provider: null, model: null }

describe('the default provider', () => {
  test('is the demo where nothing is configured', () => {
    const registry = open({ defaultModel: null })
    expect(registry.active()).toEqual([{ id: 'demo', name: 'Demo', isDefault: true, defaultModel: 'demo' }])
    expect(registry.resolve(follow)).toMatchObject({ model: 'demo' })
  })

  test('is the first one configured, in a fixed order', () => {
    const registry = open({ providers: { openrouter: configured(), openai: configured() } })
    expect(registry.active().map(({ id, isDefault }) => [id, isDefault])).toEqual([
      ['openai', true],
      ['openrouter', false],
      ['demo', false],
    ])
  })

  test('can be chosen, and must be configured', () => {
    const providers = { groq: configured(), openrouter: configured() }
    expect(open({ providers, defaultProvider: 'openrouter' }).defaultProviderId).toBe('openrouter')
    expect(open({ providers, defaultProvider: 'demo' }).defaultProviderId).toBe('demo')
    expect(() => open({ providers, defaultProvider: 'openai' })).toThrow(/"openai" is not configured/)
  })

  test('takes the instance’s model, and it alone', () => {
    const registry = open({ providers: { groq: configured(), openrouter: configured() }, defaultModel: 'my-model' })
    expect(registry.resolve(follow).model).toBe('my-model')
    expect(registry.resolve({ provider: 'openrouter', model: null }).model).toBe('meta-llama/llama-3.3-70b-instruct')
    expect(registry.resolve({ provider: 'groq', model: 'other' }).model).toBe('other')
  })
})

test('a provider without a key is not configured', () => {
  const registry = open()
  expect(() => registry.require('groq')).toThrow(
    expect.objectContaining({ code: 'provider_not_configured', status: 503 }),
  )
  expect(() => registry.resolve({ provider: 'nobody', model: 'm' })).toThrow(/not configured/)
})

describe('a default model that has to be asked for', () => {
  test('is the first that a server of one’s own lists, asked once', async () => {
    upstream.offers([{ id: 'nomic-embed-text' }, { id: 'llama3.2' }, { id: 'qwen3' }])
    const registry = open({ providers: { openaiCompatible: configured() } })
    expect(await registry.resolve(follow).model).toBe('llama3.2')
    expect(registry.resolve(follow).model).toBe('llama3.2')
    expect(upstream.modelRequests).toHaveLength(1)
  })

  test('fails as the server fails', async () => {
    const registry = open({ providers: { openaiCompatible: configured() } })
    upstream.offers([])
    await expect(registry.resolve(follow).model).rejects.toMatchObject({ code: 'provider_model_not_found' })
    upstream.offers({ status: 401, body: '{}' })
    const other = open({ providers: { openaiCompatible: configured() } })
    await expect(other.resolve(follow).model).rejects.toMatchObject({ code: 'provider_auth' })
  })

  test.each([
    [
      'stays while the vendor lists it',
      [{ id: 'llama-3.3-70b-versatile' }, { id: 'openai/gpt-oss-120b' }],
      'llama-3.3-70b-versatile',
    ],
    [
      'gives way where the vendor has retired it',
      [{ id: 'openai/gpt-oss-20b' }, { id: 'openai/gpt-oss-120b' }],
      'openai/gpt-oss-120b',
    ],
    ['stays where nothing better is listed', [{ id: 'unheard-of' }], 'llama-3.3-70b-versatile'],
  ])('%s', async (_name, offered, model) => {
    upstream.offers(offered)
    expect(await open({ providers: { groq: configured() } }).resolve(follow).model).toBe(model)
  })

  test('is not waited for long', async () => {
    upstream.offers({ hang: true })
    const startedAt = performance.now()
    const registry = open({ providers: { groq: configured() } })
    expect(await registry.resolve(follow).model).toBe('llama-3.3-70b-versatile')
    expect(performance.now() - startedAt).toBeLessThan(2500)
  })
})

describe('the list of models', () => {
  test('joins all providers, marks the default and is asked for once', async () => {
    upstream.offers([{ id: 'a', context_window: 4096 }, { id: 'b' }])
    const registry = open({ providers: { groq: configured() }, defaultModel: 'b' })
    const [models] = await Promise.all([registry.listModels(), registry.listModels(), registry.listModels()])
    expect(models.map(({ id, provider, isDefault }) => [id, provider, isDefault])).toEqual([
      ['a', 'groq', false],
      ['b', 'groq', true],
      ['demo', 'demo', false],
    ])
    await registry.listModels()
    expect(upstream.modelRequests).toHaveLength(1)
  })

  test('has the default model alone of a provider that fails', async () => {
    upstream.offers({ status: 500, body: 'no' })
    const registry = open({ providers: { groq: configured(), openaiCompatible: configured() } })
    const models = await registry.listModels()
    expect(models.map(({ id, isDefault }) => [id, isDefault])).toEqual([
      ['llama-3.3-70b-versatile', true],
      ['demo', false],
    ])
  })
})

test('an old list of models serves on while a new one cannot be had', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  upstream.offers([{ id: 'a' }])
  const registry = open({ providers: { groq: configured() }, defaultModel: 'a' })
  const listed = await registry.listModels()
  upstream.offers({ status: 500, body: 'no' })
  for (const [waitMs, asked] of [
    [299_000, 1],
    [2000, 2],
    [1000, 2],
    [20_000, 3],
  ] as const) {
    vi.setSystemTime(Date.now() + waitMs)
    expect(await registry.listModels()).toEqual(listed)
    expect(upstream.modelRequests).toHaveLength(asked)
  }
})

test('the context window is what the list says, then what is published, then a careful guess', async () => {
  upstream.offers([{ id: 'llama-3.3-70b-versatile', context_window: 1000 }, { id: 'mystery' }])
  const registry = open({ providers: { groq: configured() } })
  expect(registry.contextWindowOf('groq', 'llama-3.3-70b-versatile')).toBe(131_072)
  await registry.listModels()
  expect(registry.contextWindowOf('groq', 'llama-3.3-70b-versatile')).toBe(1000)
  expect(registry.contextWindowOf('groq', 'openai/gpt-oss-120b')).toBe(131_072)
  expect(registry.contextWindowOf('groq', 'mystery')).toBe(8192)
})

test('a call goes to the provider that was resolved', async () => {
  upstream.always({ echo: 'all' })
  const registry = open({ providers: { openrouter: configured() }, appUrl: 'https://bots.example' })
  const { provider, model } = registry.resolve(follow)
  const { finish } = await collect(provider, { model: await model })
  expect(finish).toMatchObject({ model: 'meta-llama/llama-3.3-70b-instruct' })
  expect(upstream.requests[0]?.headers['http-referer']).toBe('https://bots.example')
})
