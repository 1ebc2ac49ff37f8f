import { AppError } from '../platform/errors.ts'
import type { Logger } from '../platform/logger.ts'
import { knownContextWindow, unknownContextWindow } from './context-windows.ts'
import { resolveDefaultModel } from './default-model.ts'
import { createModelLists } from './model-lists.ts'
import { createPriceBook, type OwnPrice, type PriceBook } from './prices.ts'
import type { ModelInfo, Provider, ProviderTimeouts, RetrySettings } from './provider.ts'
import { createDemoProvider } from './providers/demo.ts'
import { groq } from './providers/groq.ts'
import { openai } from './providers/openai.ts'
import { openAiCompatibleServer } from './providers/openai-compatible-server.ts'
import { openrouter } from './providers/openrouter.ts'

/** Every provider that can be configured; without a choice the first configured one is the default. */
export const providerDefinitions = { groq, openai, openrouter, openaiCompatible: openAiCompatibleServer }

export interface ProviderSettings {
  apiKey: string | null
  /** Unset: the vendor's own address. */
  baseUrl?: string
}

export interface RegistrySettings {
  /** `null`: the first configured provider, else the demo. */
  defaultProvider: string | null
  /** Model of the default provider; `null`: that provider's own default. */
  defaultModel: string | null
  /** The configured ones; leave out what has no key (or, for a server of one's own, no address). */
  providers: { [key in keyof typeof providerDefinitions]?: ProviderSettings }
  timeouts: ProviderTimeouts
  retry?: Partial<RetrySettings>
  /** Public address of this application, sent to vendors that ask for it. */
  appUrl?: string
  /** Pause between two words of the demo, in milliseconds. */
  demoDelayMs?: number
  /** Prices that the operator has set. */
  prices?: OwnPrice[]
}

export interface ActiveProvider {
  id: string
  name: string
  isDefault: boolean
  /** `null`: the first model that the server lists. */
  defaultModel: string | null
}

/** A model on offer; `isDefault` marks the default model of the default provider. */
export interface OfferedModel extends ModelInfo {
  isDefault: boolean
}

/** What a project chose; `null` follows the instance's default. */
export interface ModelChoice {
  provider: string | null
  model: string | null
}

export interface ModelRegistry {
  readonly prices: PriceBook
  readonly defaultProviderId: string
  /** Configured providers in a fixed order, the demo last. */
  active(): ActiveProvider[]
  /** Throws `AppError` `provider_not_configured`. */
  require(id: string): Provider
  /**
   * The provider and model to call. The model is a promise only where the provider has to be asked for it, which may
   * throw `ProviderError`; the answer is remembered. Throws `AppError` `provider_not_configured`.
   */
  resolve(choice: ModelChoice): { provider: Provider; model: string | Promise<string> }
  /** All models of all active providers, cached for five minutes; one that cannot be asked offers its default alone. */
  listModels(): Promise<OfferedModel[]>
  /** Tokens the model takes, prompt and answer together, as far as known; never asks anyone. */
  contextWindowOf(providerId: string, model: string): number
  /** Drops every connection, calls under way included. */
  close(): Promise<void>
}

/** Opens the configured providers. Throws `AppError` `provider_not_configured` where the default is not among them. */
export function createModelRegistry(given: { settings: RegistrySettings; logger: Logger }): ModelRegistry {
  const { settings, logger } = given
  const providers = openProviders(settings, logger)
  const lists = createModelLists(logger)
  const defaultModels = new Map<string, string | Promise<string>>()
  const defaultProvider = settings.defaultProvider === null ? first(providers) : find(settings.defaultProvider)

  function find(id: string): Provider {
    const provider = providers.get(id)
    if (!provider) throw notConfigured(id)
    return provider
  }

  function defaultModelOf(provider: Provider): string | Promise<string> {
    if (settings.defaultModel !== null && provider === defaultProvider) return provider.defaultModel
    const remembered = defaultModels.get(provider.id)
    if (remembered !== undefined) return remembered
    const asked = resolveDefaultModel(provider, alternativesOf(provider), lists)
    defaultModels.set(provider.id, asked)
    if (typeof asked === 'string') return asked
    asked.then(
      // Without the list the answer is a guess: ask again next time.
      (model) => (lists.peek(provider.id) ? defaultModels.set(provider.id, model) : defaultModels.delete(provider.id)),
      () => defaultModels.delete(provider.id),
    )
    return asked
  }

  async function offeredBy(provider: Provider): Promise<OfferedModel[]> {
    const defaultModel = await Promise.resolve(defaultModelOf(provider)).catch(() => provider.defaultModel)
    const offered = await lists.get(provider).catch(() => [])
    const isListed = defaultModel === '' || offered.some(({ id }) => id === defaultModel)
    const models = isListed ? offered : [withoutDetails(provider.id, defaultModel), ...offered]
    return models.map((model) => ({ ...model, isDefault: provider === defaultProvider && model.id === defaultModel }))
  }

  return {
    prices: createPriceBook(settings.prices),
    defaultProviderId: defaultProvider.id,
    active: () => [...providers.values()].map((provider) => describe(provider, provider === defaultProvider)),
    require: find,
    resolve(choice) {
      const provider = choice.provider === null ? defaultProvider : find(choice.provider)
      return { provider, model: choice.model ?? defaultModelOf(provider) }
    },
    listModels: async () => (await Promise.all([...providers.values()].map(offeredBy))).flat(),
    contextWindowOf(providerId, model) {
      const listed = lists.peek(providerId)?.find(({ id }) => id === model)?.contextWindow
      return listed || (knownContextWindow(model) ?? unknownContextWindow)
    },
    async close() {
      await Promise.all([...providers.values()].map((provider) => provider.close()))
    },
  }
}

function openProviders(settings: RegistrySettings, logger: Logger): Map<string, Provider> {
  const { timeouts, retry, appUrl, defaultModel, demoDelayMs } = settings
  const configured = Object.entries(providerDefinitions).flatMap(([key, definition]) => {
    const own = settings.providers[key as keyof typeof providerDefinitions]
    return own ? [{ definition, own }] : []
  })
  const defaultId = settings.defaultProvider ?? configured[0]?.definition.id
  const opened = configured.map(({ definition, own }) =>
    definition.create({
      ...own,
      timeouts,
      logger,
      ...(retry ? { retry } : {}),
      ...(appUrl ? { appUrl } : {}),
      ...(defaultModel !== null && definition.id === defaultId ? { defaultModel } : {}),
    }),
  )
  const demo = createDemoProvider(demoDelayMs === undefined ? {} : { delayMs: demoDelayMs })
  return new Map([...opened, demo].map((provider) => [provider.id, provider]))
}

/** The demo is always there, so that there always is a first one. */
function first(providers: Map<string, Provider>): Provider {
  for (const provider of providers.values()) return provider
  throw notConfigured('demo')
}

function alternativesOf(provider: Provider): string[] {
  return Object.values(providerDefinitions).find(({ id }) => id === provider.id)?.alternativeModels ?? []
}

function describe({ id, name, defaultModel }: Provider, isDefault: boolean): ActiveProvider {
  return { id, name, isDefault, defaultModel: defaultModel || null }
}

function withoutDetails(provider: string, id: string): ModelInfo {
  return { id, provider, contextWindow: knownContextWindow(id), maxOutputTokens: null, ownedBy: null }
}

function notConfigured(id: string): AppError {
  return new AppError('provider_not_configured', `The provider "${id}" is not configured on this server.`)
}
