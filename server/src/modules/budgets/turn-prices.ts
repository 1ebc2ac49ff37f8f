import type { Fallback } from '@chatbot-platform/contract'
import { LRUCache } from 'lru-cache'
import type { ModelChoice, ModelRegistry } from '../../llm/registry.ts'
import { AppError } from '../../platform/errors.ts'

/** US dollars per token of the prompt and of the answer, by the models that may answer, as the database writes them. */
export type PricesByChain = Record<string, [input: number, output: number]>

export interface TurnPrices {
  /** What is known of the models that this workspace uses; undefined as long as nobody has asked for a price. */
  of(workspaceId: string): PricesByChain | undefined
  /**
   * Looks up the price of a chain (`[provider, model, fallbacks]` as JSON): that of its dearest model. Throws 402
   * `price_unknown` when one of them has none.
   */
  learn(workspaceId: string, chain: string): Promise<void>
}

const maxWorkspaces = 5000
const maxChains = 20

/** Prices for the workspaces under a money budget; turns of others never ask. */
export function createTurnPrices(models: Pick<ModelRegistry, 'resolve' | 'prices'>): TurnPrices {
  const known = new LRUCache<string, PricesByChain>({ max: maxWorkspaces })
  return {
    of: (workspaceId) => known.get(workspaceId),
    async learn(workspaceId, chain) {
      const [provider, model, fallbacks] = JSON.parse(chain) as [string | null, string | null, Fallback[]]
      const prices = await Promise.all([{ provider, model }, ...fallbacks].map((choice) => priceOf(choice, models)))
      const price: [number, number] = [
        Math.max(...prices.map(({ input }) => input)),
        Math.max(...prices.map(({ output }) => output)),
      ]
      const others = Object.entries(known.get(workspaceId) ?? {}).filter(([other]) => other !== chain)
      known.set(workspaceId, { ...Object.fromEntries(others.slice(1 - maxChains)), [chain]: price })
    },
  }
}

async function priceOf(choice: ModelChoice, models: Pick<ModelRegistry, 'resolve' | 'prices'>) {
  const { provider, model } = models.resolve(choice)
  const name = await model
  const price = models.prices.priceOf(provider.id, name)
  if (price) return price
  throw new AppError(
    'price_unknown',
    `There is a budget in dollars, and the price of ${name} on ${provider.name} is not known. Choose a model with a list price, or have the operator set one (MODEL_PRICES).`,
  )
}
