import { setTimeout as sleep } from 'node:timers/promises'
import type { ModelLists } from './model-lists.ts'
import type { ModelInfo, Provider } from './provider.ts'
import { ProviderError } from './provider-error.ts'

/** How long a first question may wait to learn whether the vendor still has the default model. */
const patienceMs = 1500

/**
 * The model to use where nobody chose one. A provider without a default of its own takes the first that it lists; one
 * whose vendor has retired the default takes the first alternative on the list. The list is asked for only where it can
 * change the answer; if it cannot be had in time, the default stands.
 */
export function resolveDefaultModel(
  provider: Provider,
  alternativeModels: string[],
  lists: ModelLists,
): string | Promise<string> {
  if (provider.defaultModel === '') return firstListed(provider, lists)
  if (alternativeModels.length === 0) return provider.defaultModel
  return stillOffered(provider, alternativeModels, lists)
}

async function firstListed(provider: Provider, lists: ModelLists): Promise<string> {
  const [model] = await lists.get(provider)
  if (model) return model.id
  throw new ProviderError('provider_model_not_found', {
    providerId: provider.id,
    providerName: provider.name,
    reason: 'no_models',
  })
}

async function stillOffered(provider: Provider, alternativeModels: string[], lists: ModelLists): Promise<string> {
  const timer = new AbortController()
  const noList = sleep(patienceMs, [], { signal: timer.signal, ref: false }).catch(() => [])
  const offered: ModelInfo[] = await Promise.race([lists.get(provider).catch(() => []), noList])
  timer.abort()
  const isOffered = (id: string) => offered.some((model) => model.id === id)
  if (isOffered(provider.defaultModel)) return provider.defaultModel
  return alternativeModels.find(isOffered) ?? provider.defaultModel
}
