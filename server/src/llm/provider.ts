import type { Logger } from '../platform/logger.ts'

/** One message of a conversation as a model reads it. */
export interface ChatMessage {
  role: 'system' | 'user' | 'assistant'
  content: string
  /** Of a user's message; behind its text. */
  images?: readonly ChatImage[]
}

export interface ChatImage {
  /** `image/png`, `image/jpeg`, `image/webp` or `image/gif`. */
  mediaType: string
  base64: string
}

/** What to ask a model. `null` for a setting leaves it to the vendor. */
export interface ChatRequest {
  model: string
  /** In order: the system prompt (if any), the history, and the new question last. */
  messages: ChatMessage[]
  temperature: number | null
  /** Upper bound of the answer in tokens; reasoning models count their reasoning in. */
  maxTokens: number | null
}

/** Tokens as the vendor counted them; `null` where it did not say. */
export interface TokenUsage {
  promptTokens: number | null
  completionTokens: number | null
  /** Part of `promptTokens` that came from the vendor's cache. */
  cachedPromptTokens: number | null
  /** Part of `completionTokens` that was reasoning and is not in the answer. */
  reasoningTokens: number | null
  /** What the vendor says the call cost, in its own unit (OpenRouter: credits, one US dollar each). */
  cost: number | null
}

/** Why a model stopped. `length` is a complete answer that met the limit. */
export type FinishReason = 'stop' | 'length' | 'content_filter' | 'tool_calls' | 'other'

/** What a call yields: any number of deltas, then exactly one `finish`. */
export type ProviderEvent =
  /** Everything that arrived in one network read, joined; never empty, always well-formed UTF-16 without U+0000. */
  | { type: 'delta'; text: string }
  /** `model` is the name the vendor answered with; `attempts` counts the requests made, 1 without a retry. */
  | { type: 'finish'; reason: FinishReason; model: string | null; usage: TokenUsage | null; attempts: number }

/** A model that a provider offers. Sizes are in tokens. */
export interface ModelInfo {
  id: string
  /** The id of the provider that offers it. */
  provider: string
  contextWindow: number | null
  maxOutputTokens: number | null
  ownedBy: string | null
  /** Whether it reads images; absent where the vendor does not say. */
  vision?: boolean
}

/**
 * What a provider says of its limits in the headers of an answer; `null` where it does not. A `reset` is the time until
 * the whole allowance is back, in milliseconds.
 */
export interface RateLimits {
  limitRequests: number | null
  remainingRequests: number | null
  resetRequestsMs: number | null
  remainingTokens: number | null
  resetTokensMs: number | null
}

/** How one call is made by someone who minds limits and other providers as well. */
export interface CallOptions {
  /** Narrows the provider's own retries; numbers never widen them. */
  retry?: Partial<Pick<RetrySettings, 'maxRetries' | 'maxRetryAfterMs' | 'retriesRateLimits'>>
  /** Told once the provider has taken the request up, before its first token. */
  onAccepted?: (limits: RateLimits | null) => void
}

/** Something that answers chats: a vendor, a server of one's own, or the demo. */
export interface Provider {
  id: string
  /** For people: `Groq`. */
  name: string
  /** Empty where the provider has no default of its own and the first model that it lists is taken. */
  defaultModel: string
  /**
   * Streams one answer. Throws `ProviderError` when the provider fails (after any text already yielded) and
   * `ProviderAborted` when `signal` fires; ending the iteration early frees the connection.
   */
  chat(request: ChatRequest, signal: AbortSignal, options?: CallOptions): AsyncIterable<ProviderEvent>
  /** The models on offer, as the vendor orders them. Throws like `chat`. */
  listModels(signal: AbortSignal): Promise<ModelInfo[]>
  /** Drops every connection, calls under way included. */
  close(): Promise<void>
}

/** Bounds of one call; `totalMs` covers retries and the waits between them. */
export interface ProviderTimeouts {
  connectMs: number
  /** From the request to the first part of the answer, reasoning included. */
  firstByteMs: number
  /** Between two reads. */
  idleMs: number
  totalMs: number
}

/** How a call is tried again; tests shorten the pauses. */
export interface RetrySettings {
  maxRetries: number
  /** The n-th pause is a random part of `baseMs · 2ⁿ⁻¹`. */
  baseMs: number
  /** The longest `Retry-After` worth waiting for. */
  maxRetryAfterMs: number
  /** Whether a rate limit is waited for and tried again. */
  retriesRateLimits: boolean
}

export interface ProviderOptions {
  /** Sent as a bearer token; `null` sends none. */
  apiKey: string | null
  /** Address up to and with `/v1`; required where the definition has none. */
  baseUrl?: string
  /** Takes the place of the definition's default model. */
  defaultModel?: string
  /** Public address of this application, for vendors that want to know who calls; unset: `http://localhost`. */
  appUrl?: string
  timeouts: ProviderTimeouts
  retry?: Partial<RetrySettings>
  logger: Logger
}

/** A kind of provider before it has a key. */
export interface ProviderDefinition {
  id: string
  name: string
  defaultModel: string
  /** Models that take over, in order, where the vendor no longer lists `defaultModel`. */
  alternativeModels: string[]
  create(options: ProviderOptions): Provider
}
