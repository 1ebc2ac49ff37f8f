import { describe, expect, test } from 'vitest'
import { createPriceBook, priceVersion } from '../../src/llm/prices.ts'

const { costOf } = createPriceBook()

describe('a call costs its list price', () => {
  test.each([
    ['openai', 'gpt-6-luna', usage(200_000, 1_000_000), 0.52],
    ['openai', 'gpt-4o-mini', usage(1234, 567), 0.0005253],
    ['groq', 'llama-3.3-70b-versatile', usage(1, 1), 0.00000138],
    ['groq', 'openai/gpt-oss-20b', usage(3, 0, 3), 0.0000001125],
  ])('%s %s', (provider, model, used, cost) => {
    expect(costOf({ provider, model, usage: used })).toEqual({ cost, priceVersion })
  })

  test('cached input at its own price, and never more of it than there was input', () => {
    expect(costOf({ provider: 'openai', model: 'gpt-4.1', usage: usage(1000, 0, 400) }).cost).toBe(0.0014)
    expect(costOf({ provider: 'openai', model: 'gpt-4.1', usage: usage(1000, 0, 5000) }).cost).toBe(0.0005)
    expect(costOf({ provider: 'openai', model: 'gpt-4', usage: usage(1000, 0, 400) }).cost).toBe(0.03)
  })

  test('a long prompt makes the whole call dearer where the vendor says so', () => {
    expect(costOf({ provider: 'openai', model: 'gpt-6-luna', usage: usage(272_000, 1000) }).cost).toBe(0.0277)
    expect(costOf({ provider: 'openai', model: 'gpt-6-luna', usage: usage(272_001, 1000) }).cost).toBe(0.0551502)
    expect(costOf({ provider: 'openai', model: 'gpt-4.1', usage: usage(300_000, 0) }).cost).toBe(0.6)
  })

  test('a dated snapshot costs what its model costs, unless it has a price of its own', () => {
    const cost = (model: string) => costOf({ provider: 'openai', model, usage: usage(1_000_000, 0) }).cost
    expect(cost('gpt-4o-mini-2024-07-18')).toBe(cost('gpt-4o-mini'))
    expect(cost('gpt-4o-2024-05-13')).toBe(5)
    expect(cost('gpt-4o-2024-08-06')).toBe(2.5)
  })
})

describe('an unknown price is null', () => {
  const unknown = { cost: null, priceVersion: null }
  test.each([
    ['a model that is not in the table', 'openai', 'gpt-99', usage(10, 10)],
    ['a fine-tuned model', 'openai', 'ft:gpt-4o-mini-2024-07-18:acme::1', usage(10, 10)],
    ['a model of another vendor', 'groq', 'gpt-4o-mini', usage(10, 10)],
    ['a server of one’s own', 'openai-compatible', 'gpt-4o-mini', { ...usage(10, 10), cost: 0.5 }],
    ['a word that objects know', 'openai', 'constructor', usage(10, 10)],
    ['an answer without usage', 'openai', 'gpt-4o-mini', null],
    ['an answer that does not say its output', 'openai', 'gpt-4o-mini', { ...usage(10, 0), completionTokens: null }],
    ['nonsense beyond any bill', 'openai', 'gpt-4', usage(Number.MAX_SAFE_INTEGER, 1)],
    ['OpenRouter without a report', 'openrouter', 'openai/gpt-4o-mini', usage(10, 10)],
    ['nonsense that OpenRouter reports', 'openrouter', 'openai/gpt-4o-mini', { ...usage(1, 1), cost: 1e300 }],
  ])('%s', (_, provider, model, used) => {
    expect(costOf({ provider, model, usage: used })).toEqual(unknown)
  })
})

describe('what the provider reports wins', () => {
  test.each([
    ['openrouter', 'openai/gpt-4o-mini', 0.00014159265358, 0.0001415927],
    ['openrouter', 'meta-llama/llama-3.3-70b-instruct:free', 0, 0],
    ['demo', 'demo', 0, 0],
  ])('%s %s', (provider, model, reported, cost) => {
    const used = { ...usage(10, 10), cost: reported }
    expect(costOf({ provider, model, usage: used })).toEqual({ cost, priceVersion: 'reported' })
  })
})

function usage(promptTokens: number, completionTokens: number, cachedPromptTokens: number | null = null) {
  return {
    promptTokens,
    completionTokens: completionTokens as number | null,
    cachedPromptTokens,
    cost: null as number | null,
  }
}

describe('a price that the operator has set', () => {
  const book = createPriceBook([
    { provider: 'openai-compatible', model: '*', input: 0.1, output: 0.4 },
    { provider: 'openai-compatible', model: 'big', input: 1, output: 4 },
    { provider: 'openrouter', model: 'qwen/qwen3-32b', input: 0.1, output: 0.45 },
    { provider: 'openai', model: 'gpt-4o-mini', input: 0.075, output: 0.3 },
  ])
  test.each([
    ['for every model of a server', 'openai-compatible', 'small', 0.5],
    ['for one model before that', 'openai-compatible', 'big', 5],
    ['where OpenRouter reports nothing', 'openrouter', 'qwen/qwen3-32b', 0.55],
    ['before the list price', 'openai', 'gpt-4o-mini', 0.375],
  ])('%s', (_, provider, model, cost) => {
    const used = usage(1_000_000, 1_000_000)
    expect(book.costOf({ provider, model, usage: used })).toEqual({ cost, priceVersion: 'configured' })
    const price = book.priceOf(provider, model)
    expect(((price?.input ?? 0) + (price?.output ?? 0)) * 1_000_000).toBeCloseTo(cost)
  })

  test('but not before what the provider reports, nor for others', () => {
    const reported = { ...usage(10, 10), cost: 0.25 }
    expect(book.costOf({ provider: 'openrouter', model: 'qwen/qwen3-32b', usage: reported }).cost).toBe(0.25)
    expect(book.costOf({ provider: 'openai', model: 'gpt-4.1', usage: usage(1_000_000, 0) }).priceVersion).toBe(
      priceVersion,
    )
    expect(book.priceOf('openrouter', 'another')).toBeNull()
  })
})
