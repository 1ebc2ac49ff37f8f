import { Pool } from 'undici'
import type { ChatMessage, ChatRequest, Provider, ProviderDefinition, ProviderOptions } from '../provider.ts'
import { logFieldsOf } from '../provider-error.ts'
import type { UsageOf } from './answer-parser.ts'
import { streamChat } from './chat.ts'
import { createFailures } from './failures.ts'
import type { JsonObject } from './json.ts'
import { listModels } from './models.ts'
import { defaultRetry, narrowRetry } from './retry.ts'
import { topLevelUsage } from './usage.ts'

/** What sets one vendor apart from the others that speak OpenAI's chat completions. */
export interface Dialect {
  id: string
  name: string
  /** Address with `/v1`; without one, `create` wants it. */
  baseUrl?: string
  /** Empty: the first model that the server lists. */
  defaultModel: string
  alternativeModels?: string[]
  /** The field that takes `maxTokens`. */
  maxTokensField: 'max_tokens' | 'max_completion_tokens'
  /** Whether a model takes a temperature at all; by default each does. */
  takesTemperature?: (model: string) => boolean
  /** Further fields of the request. */
  extraFields?: (request: ChatRequest) => JsonObject
  /** Further headers of every request; `appUrl` is where this application can be reached. */
  headers?: (appUrl: string) => Record<string, string>
  usageOf?: UsageOf
  isChatModel?: (entry: JsonObject) => boolean
}

/** Makes the definition of a provider that speaks https://platform.openai.com/docs/api-reference/chat/create. */
export function openAiCompatible(dialect: Dialect): ProviderDefinition {
  const { id, name, defaultModel, alternativeModels = [] } = dialect
  return { id, name, defaultModel, alternativeModels, create: (options) => createProvider(dialect, options) }
}

/** The JSON of a chat request; always streamed, with the usage at the end. */
function requestBody(dialect: Dialect, request: ChatRequest): string {
  const { model, messages, temperature, maxTokens } = request
  const takesTemperature = temperature !== null && (dialect.takesTemperature?.(model) ?? true)
  return JSON.stringify({
    model,
    messages: messages.map(toWire),
    stream: true,
    stream_options: { include_usage: true },
    ...(takesTemperature ? { temperature } : {}),
    ...(maxTokens === null ? {} : { [dialect.maxTokensField]: maxTokens }),
    ...dialect.extraFields?.(request),
  })
}

/** Images as https://platform.openai.com/docs/guides/images-vision has them: parts of the content, with their bytes. */
function toWire({ role, content, images }: ChatMessage): JsonObject {
  if (!images || images.length === 0) return { role, content }
  const parts = images.map(({ mediaType, base64 }) => ({
    type: 'image_url',
    image_url: { url: `data:${mediaType};base64,${base64}` },
  }))
  // Vendors refuse a part without text.
  return { role, content: content === '' ? parts : [{ type: 'text', text: content }, ...parts] }
}

function createProvider(dialect: Dialect, options: ProviderOptions): Provider {
  const { id, name } = dialect
  const address = options.baseUrl ?? dialect.baseUrl
  if (!address) throw new Error(`The provider ${id} needs a base address.`)
  const url = new URL(address)
  const basePath = url.pathname.replace(/\/+$/, '')
  const pool = openPool(url.origin, options.timeouts.connectMs)
  const headers = requestHeaders(dialect, options, 'text/event-stream')
  const failures = createFailures(id, name)
  const { timeouts, logger } = options
  const retry = { ...defaultRetry, ...options.retry }

  return {
    id,
    name,
    defaultModel: options.defaultModel ?? dialect.defaultModel,
    chat(request, signal, call) {
      return streamChat({
        dispatcher: pool,
        path: `${basePath}/chat/completions${url.search}`,
        headers,
        body: requestBody(dialect, request),
        timeouts,
        retry: narrowRetry(retry, call?.retry),
        onAccepted: call?.onAccepted,
        signal,
        failures,
        usageOf: dialect.usageOf ?? topLevelUsage,
        onRetry(error, attempt, delayMs) {
          const fields = { provider: id, model: request.model, ...logFieldsOf(error), attempt }
          logger.warn({ ...fields, delay_ms: Math.round(delayMs) }, 'model call failed, trying again')
        },
      })
    },
    listModels(signal) {
      return listModels({
        dispatcher: pool,
        path: `${basePath}/models${url.search}`,
        headers: requestHeaders(dialect, options, 'application/json'),
        providerId: id,
        failures,
        isChatModel: dialect.isChatModel ?? (() => true),
        signal,
      })
    },
    close: () => pool.destroy(),
  }
}

/**
 * Connections are kept and never shared by two calls at a time. HTTP/2 is off: there, cancelling one answer would not
 * close its connection. undici's own timeouts are off because the exchange's are finer.
 */
function openPool(origin: string, connectMs: number): Pool {
  return new Pool(origin, {
    connections: null,
    pipelining: 1,
    allowH2: false,
    connect: { timeout: connectMs },
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 30_000,
  })
}

/** A flat list of names and values, undici's cheapest form. Groq's edge refuses requests without a user agent. */
function requestHeaders(dialect: Dialect, options: ProviderOptions, accept: string): string[] {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept,
    'user-agent': 'chatbot-platform',
    ...(options.apiKey === null ? {} : { authorization: `Bearer ${options.apiKey}` }),
    ...dialect.headers?.(options.appUrl ?? 'http://localhost'),
  }
  return Object.entries(headers).flat()
}
