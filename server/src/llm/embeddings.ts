import { Pool } from 'undici'
import type { Logger } from '../platform/logger.ts'
import { type EmbeddingRequest, requestEmbeddings } from './embeddings-request.ts'
import { createFailures } from './openai-compatible/failures.ts'
import { defaultRetry, pause, retryDelayMs } from './openai-compatible/retry.ts'
import type { RetrySettings } from './provider.ts'
import { logFieldsOf, ProviderError } from './provider-error.ts'

/** What embedding took. */
export interface EmbeddingUsage {
  provider: string
  model: string
  tokens: number
  /** US dollars where the provider said so. */
  cost: number | null
}

/** A model that turns texts into vectors; the nearer their meaning, the smaller the angle. */
export interface EmbeddingModel {
  /** Id of the provider. */
  readonly provider: string
  readonly model: string
  /** Null: as many as the model makes of itself. */
  readonly dimensions: number | null
  /**
   * A vector for each text, in their order. Tries again like a chat does. Throws `ProviderError`, or `ProviderAborted`
   * when the signal fires.
   */
  embed(texts: string[], signal: AbortSignal): Promise<{ vectors: Float32Array[]; usage: EmbeddingUsage }>
  close(): Promise<void>
}

export interface EmbeddingSettings {
  provider: { id: string; name: string; baseUrl: string; apiKey: string | null }
  model: string
  /** Shorter vectors than the model's own, for models that can shorten them. */
  dimensions: number | null
  /** Of one request; the connection is given five seconds of it. */
  timeoutMs: number
  retry?: Partial<RetrySettings>
}

/** Texts of one request; OpenAI takes 2,048, smaller servers fewer (https://platform.openai.com/docs/api-reference/embeddings/create). */
export const maxEmbeddingTexts = 96

/** Of one text: models take about 8,000 tokens, and no script has tokens much shorter than a character. */
const maxTextChars = 8000
/** Of one request, all texts together; OpenAI takes 300,000 tokens. */
const maxRequestChars = 200_000

/** Names what vectors can be compared with each other: those of one model in one size. */
export function vectorSpace({ provider, model, dimensions }: EmbeddingModel): string {
  return dimensions === null ? `${provider}/${model}` : `${provider}/${model}/${dimensions}`
}

/** Opens an embedding model on a server that speaks https://platform.openai.com/docs/api-reference/embeddings/create. */
export function createEmbeddingModel({
  settings,
  logger,
}: {
  settings: EmbeddingSettings
  logger: Logger
}): EmbeddingModel {
  const { provider, model, dimensions, timeoutMs } = settings
  const url = new URL(provider.baseUrl)
  const pool = new Pool(url.origin, {
    connections: 8,
    allowH2: false,
    connect: { timeout: 5000 },
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  const retry = { ...defaultRetry, ...settings.retry }
  const request: Omit<EmbeddingRequest, 'texts' | 'signal'> = {
    dispatcher: pool,
    path: `${url.pathname.replace(/\/+$/, '')}/embeddings${url.search}`,
    apiKey: provider.apiKey,
    model,
    dimensions,
    timeoutMs,
    failures: createFailures(provider.id, provider.name),
  }
  /** Vectors of another length than the first ones are of another model, whatever the server calls it. */
  let length = dimensions

  async function embedBatch(texts: string[], signal: AbortSignal) {
    const deadlineMs = performance.now() + timeoutMs * (retry.maxRetries + 1)
    for (let attempt = 1; ; attempt++) {
      try {
        const embedded = await requestEmbeddings({ ...request, texts, signal })
        length ??= embedded.vectors[0]?.length ?? null
        if (embedded.vectors.some((vector) => vector.length !== length))
          throw request.failures.badResponse('dimensions')
        return embedded
      } catch (error) {
        if (!(error instanceof ProviderError)) throw error
        error.attempts = attempt
        const delayMs = retryDelayMs(error, attempt, deadlineMs - performance.now(), retry)
        if (delayMs === null) throw error
        const fields = { provider: provider.id, model, ...logFieldsOf(error), attempt }
        logger.warn({ ...fields, delay_ms: Math.round(delayMs) }, 'embedding failed, trying again')
        await pause(delayMs, signal)
      }
    }
  }

  return {
    provider: provider.id,
    model,
    dimensions,
    async embed(texts, signal) {
      const vectors: Float32Array[] = []
      const usage: EmbeddingUsage = { provider: provider.id, model, tokens: 0, cost: null }
      for (const batch of batchesOf(texts.map((text) => text.slice(0, maxTextChars)))) {
        const embedded = await embedBatch(batch, signal)
        vectors.push(...embedded.vectors)
        usage.tokens += embedded.tokens ?? batch.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0)
        if (embedded.cost !== null) usage.cost = (usage.cost ?? 0) + embedded.cost
      }
      return { vectors, usage }
    },
    close: () => pool.destroy(),
  }
}

function* batchesOf(texts: string[]): Generator<string[]> {
  let batch: string[] = []
  let chars = 0
  for (const text of texts) {
    if (batch.length === maxEmbeddingTexts || (batch.length > 0 && chars + text.length > maxRequestChars)) {
      yield batch
      batch = []
      chars = 0
    }
    // Some servers refuse a text without anything in it.
    batch.push(text.trim() === '' ? '-' : text)
    chars += text.length
  }
  if (batch.length > 0) yield batch
}
