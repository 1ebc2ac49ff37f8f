import type { Logger } from '../platform/logger.ts'
import { createEmbeddingModel, type EmbeddingModel } from './embeddings.ts'

/** Which model makes vectors, and how its provider is reached. */
export interface EmbeddingChoice {
  provider: keyof typeof providers
  /** Null: the provider's own default, where it has one. */
  model: string | null
  dimensions: number | null
  apiKey: string | null
  /** Null: the vendor's own address. */
  baseUrl: string | null
}

/** Providers with embeddings, as `EMBEDDING_PROVIDER` names them. */
const providers = {
  // https://platform.openai.com/docs/guides/embeddings
  openai: { name: 'OpenAI', baseUrl: 'https://api.openai.com/v1', model: 'text-embedding-3-small' },
  // https://openrouter.ai/docs/api/reference/embeddings
  openrouter: { name: 'OpenRouter', baseUrl: 'https://openrouter.ai/api/v1', model: 'openai/text-embedding-3-small' },
  'openai-compatible': { name: 'OpenAI-compatible server', baseUrl: null, model: null },
}

/** Of one request for a batch of texts. */
const timeoutMs = 60_000

/** Opens the chosen model. Throws where an address or a model is missing, which the settings rule out. */
export function openEmbeddings(choice: EmbeddingChoice, logger: Logger): EmbeddingModel {
  const { provider: id, dimensions, apiKey } = choice
  const { name, ...defaults } = providers[id]
  const baseUrl = choice.baseUrl ?? defaults.baseUrl
  const model = choice.model ?? defaults.model
  if (baseUrl === null || model === null) throw new Error(`Embeddings on ${id} need an address and a model.`)
  const settings = { provider: { id, name, baseUrl, apiKey }, model, dimensions, timeoutMs }
  return createEmbeddingModel({ settings, logger })
}
