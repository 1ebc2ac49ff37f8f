import type { Logger } from '../platform/logger.ts'
import type { ModelInfo, Provider } from './provider.ts'
import { logFieldsOf } from './provider-error.ts'

/** The lists of models that the providers offer. */
export interface ModelLists {
  /** The provider's list, at most five minutes old; an older one where it cannot be had. Throws without any. */
  get(provider: Provider): Promise<ModelInfo[]>
  /** What is known without asking; `null` before the first answer. */
  peek(providerId: string): ModelInfo[] | null
}

interface Entry {
  models: ModelInfo[] | null
  failure: unknown
  /** When to ask again, as `Date.now()` counts. */
  freshUntilMs: number
  underWay: Promise<ModelInfo[]> | null
}

const freshMs = 5 * 60_000
/** A provider that failed is left alone this long, so that it cannot slow every request down. */
const afterFailureMs = 15_000
const timeoutMs = 5000

/** Caches each provider's list; callers at the same time share one request. */
export function createModelLists(logger: Logger): ModelLists {
  const entries = new Map<string, Entry>()

  function entryOf(id: string): Entry {
    const entry = entries.get(id) ?? { models: null, failure: null, freshUntilMs: 0, underWay: null }
    entries.set(id, entry)
    return entry
  }

  async function load(provider: Provider, entry: Entry): Promise<ModelInfo[]> {
    try {
      entry.models = await provider.listModels(AbortSignal.timeout(timeoutMs))
      entry.freshUntilMs = Date.now() + freshMs
      return entry.models
    } catch (error) {
      entry.failure = error
      entry.freshUntilMs = Date.now() + afterFailureMs
      logger.warn({ provider: provider.id, ...logFieldsOf(error) }, 'could not read the list of models')
      if (entry.models) return entry.models
      throw error
    } finally {
      entry.underWay = null
    }
  }

  return {
    async get(provider) {
      const entry = entryOf(provider.id)
      if (Date.now() < entry.freshUntilMs) {
        if (entry.models) return entry.models
        throw entry.failure
      }
      entry.underWay ??= load(provider, entry)
      return entry.underWay
    },
    peek: (providerId) => entries.get(providerId)?.models ?? null,
  }
}
