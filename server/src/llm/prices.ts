import type { TokenUsage } from './provider.ts'

/** The day the table below was last compared with its sources. It stands beside every cost that was worked out from it. */
export const priceVersion = '2026-11-23'

/** Stands in the place of {@link priceVersion} where the provider itself said what the call cost. */
export const reportedPrice = 'reported'

/** Stands there where the operator's own price was used. */
export const configuredPrice = 'configured'

export interface Cost {
  /** US dollars with at most ten decimals; `null` where the price or the tokens are not known. */
  cost: number | null
  /** The table's version, `reported` or `configured`; `null` without a cost. */
  priceVersion: string | null
}

/** A price that the operator has set, in US dollars per million tokens; `*` stands for every model of the provider. */
export interface OwnPrice {
  provider: string
  model: string
  input: number
  output: number
}

export interface CalledModel {
  /** Id of the provider. */
  provider: string
  /** As it was asked for, or as the vendor named it in its answer. */
  model: string
  usage: Pick<TokenUsage, 'promptTokens' | 'completionTokens' | 'cachedPromptTokens' | 'cost'> | null
}

export interface PriceBook {
  /**
   * What a call cost: by the vendor's own word where it reports dollars, else by the operator's price, else by the vendor's
   * list price in the standard tier. A model with none of these has no cost. Left out, because the usage does not tell:
   * surcharges for writing to the vendor's cache and for regional processing, and discounts.
   */
  costOf(call: CalledModel): Cost
  /**
   * The price of a model in US dollars per token, or `null` where there is none. That of a prompt so long that it makes
   * the whole call dearer is not considered.
   */
  priceOf(provider: string, model: string): { input: number; output: number } | null
}

/** The vendors' list prices, and before them those that the operator has set. */
export function createPriceBook(own: readonly OwnPrice[] = []): PriceBook {
  const ownPrices = new Map(own.map(({ provider, model, ...price }) => [`${provider}/${model}`, price]))
  const ownPriceOf = (provider: string, model: string): Price | undefined =>
    ownPrices.get(`${provider}/${model}`) ?? ownPrices.get(`${provider}/*`)

  return {
    costOf({ provider, model, usage }) {
      if (usage === null) return unknownCost
      if (reportsDollars.has(provider) && usage.cost !== null && usage.cost <= highestCost) {
        return { cost: round(usage.cost * unitsPerDollar), priceVersion: reportedPrice }
      }
      const ownPrice = ownPriceOf(provider, model)
      const price = ownPrice ?? listPriceOf(provider, model)
      if (!price || usage.promptTokens === null || usage.completionTokens === null) return unknownCost
      const cost = round(unitsOf(price, usage.promptTokens, usage.cachedPromptTokens ?? 0, usage.completionTokens))
      return cost <= highestCost ? { cost, priceVersion: ownPrice ? configuredPrice : priceVersion } : unknownCost
    },
    priceOf(provider, model) {
      if (provider === 'demo') return { input: 0, output: 0 }
      const price = ownPriceOf(provider, model) ?? listPriceOf(provider, model)
      return price ? { input: price.input / 1_000_000, output: price.output / 1_000_000 } : null
    },
  }
}

const unknownCost: Cost = { cost: null, priceVersion: null }

/** OpenRouter's credits are US dollars; the demo calls nobody and reports 0. Elsewhere a `cost` may be of any currency. */
const reportsDollars = new Set(['openrouter', 'demo'])

/** Dollars; more than any single call can cost, so whoever says so talks nonsense. */
const highestCost = 1_000_000

/** Costs are counted in whole units of 10⁻¹⁰ dollars: a list price of four decimals per million tokens is one per token. */
const unitsPerDollar = 10_000_000_000
const unitsPerTokenAndDollarPerMillion = 10_000

function round(units: number): number {
  return Math.round(units) / unitsPerDollar
}

function unitsOf(price: Price, promptTokens: number, cachedTokens: number, completionTokens: number): number {
  const cached = Math.min(cachedTokens, promptTokens)
  const isLong = price.longPrompts === true && promptTokens > longPromptTokens
  const input = (promptTokens - cached) * perToken(price.input) + cached * perToken(price.cachedInput ?? price.input)
  const output = completionTokens * perToken(price.output)
  return isLong ? input * 2 + output * 1.5 : input + output
}

/** Whole, so that the products are exact. */
function perToken(dollarsPerMillion: number): number {
  return Math.round(dollarsPerMillion * unitsPerTokenAndDollarPerMillion)
}

/** A dated snapshot (`gpt-4o-mini-2024-07-18`) costs what its model costs, unless it has a price of its own. */
function listPriceOf(provider: string, model: string): Price | undefined {
  const prices = table.get(provider)
  return prices?.get(model) ?? prices?.get(model.replace(/-20\d\d-\d\d-\d\d$/, ''))
}

/** US dollars per million tokens. */
interface Price {
  input: number
  /** Of the part of the prompt that the vendor had in its cache; without one it costs as much as the rest. */
  cachedInput?: number
  output: number
  /** Whether a prompt of more than 272,000 tokens makes the whole call dearer: input twice, output one and a half times. */
  longPrompts?: boolean
}

const longPromptTokens = 272_000

/**
 * OpenAI, standard tier: https://developers.openai.com/api/docs/pricing and the page of each model below
 * https://developers.openai.com/api/docs/models, which also has the rule for long prompts. `gpt-5.6-sol` is missing
 * because its price was announced as valid for a limited time that has passed.
 */
const openai: Record<string, Price> = {
  'gpt-6.2-sol': { input: 2, cachedInput: 0.1, output: 10, longPrompts: true },
  'gpt-6.1-sol': { input: 2, cachedInput: 0.1, output: 10, longPrompts: true },
  'gpt-6.1-terra': { input: 1, cachedInput: 0.05, output: 5, longPrompts: true },
  'gpt-6-astra': { input: 10, cachedInput: 1, output: 50, longPrompts: true },
  'gpt-6-sol': { input: 2, cachedInput: 0.2, output: 10, longPrompts: true },
  'gpt-6-luna': { input: 0.1, cachedInput: 0.01, output: 0.5, longPrompts: true },
  'gpt-5.6-terra': { input: 2, cachedInput: 0.2, output: 12, longPrompts: true },
  'gpt-5.6-luna': { input: 0.2, cachedInput: 0.02, output: 1.2, longPrompts: true },
  'gpt-5.5': { input: 5, cachedInput: 0.5, output: 30, longPrompts: true },
  'gpt-5.4': { input: 2.5, cachedInput: 0.25, output: 15, longPrompts: true },
  'gpt-5.4-mini': { input: 0.75, cachedInput: 0.075, output: 4.5 },
  'gpt-5.4-nano': { input: 0.2, cachedInput: 0.02, output: 1.25 },
  'gpt-5.2': { input: 1.75, cachedInput: 0.175, output: 14 },
  'gpt-5.1': { input: 1.25, cachedInput: 0.125, output: 10 },
  'gpt-5': { input: 1.25, cachedInput: 0.125, output: 10 },
  'gpt-5-mini': { input: 0.25, cachedInput: 0.025, output: 2 },
  'gpt-5-nano': { input: 0.05, cachedInput: 0.005, output: 0.4 },
  'gpt-4.1': { input: 2, cachedInput: 0.5, output: 8 },
  'gpt-4.1-mini': { input: 0.4, cachedInput: 0.1, output: 1.6 },
  'gpt-4.1-nano': { input: 0.1, cachedInput: 0.025, output: 0.4 },
  'gpt-4o': { input: 2.5, cachedInput: 1.25, output: 10 },
  'gpt-4o-2024-05-13': { input: 5, output: 15 },
  'gpt-4o-mini': { input: 0.15, cachedInput: 0.075, output: 0.6 },
  'o4-mini': { input: 1.1, cachedInput: 0.275, output: 4.4 },
  'gpt-4': { input: 30, output: 60 },
}

/**
 * Groq, on demand: https://groq.com/pricing. Half price for cached input where
 * https://console.groq.com/docs/prompt-caching lists the model. A key of the free tier pays nothing of this.
 */
const groq: Record<string, Price> = {
  'llama-3.3-70b-versatile': { input: 0.59, output: 0.79 },
  'llama-3.1-8b-instant': { input: 0.05, output: 0.08 },
  'openai/gpt-oss-120b': { input: 0.15, cachedInput: 0.075, output: 0.6 },
  'openai/gpt-oss-20b': { input: 0.075, cachedInput: 0.0375, output: 0.3 },
}

/** OpenRouter is not here: what a call costs there depends on who served it, and each answer says it. */
const table: ReadonlyMap<string, ReadonlyMap<string, Price>> = new Map(
  Object.entries({ openai, groq }).map(([provider, prices]) => [provider, new Map(Object.entries(prices))]),
)
