import type { Dispatcher } from 'undici'
import type { ModelInfo } from '../provider.ts'
import { ProviderAborted, ProviderError } from '../provider-error.ts'
import type { Failures } from './failures.ts'
import { asCount, asObject, type JsonObject, parseJson } from './json.ts'

/** OpenRouter's list of several hundred models is the longest known, at one to two megabytes. */
const maxListBytes = 16 * 1024 * 1024

export interface ListOptions {
  dispatcher: Dispatcher
  path: string
  headers: string[]
  providerId: string
  failures: Failures
  /** Whether an entry can chat; lists also hold models for speech, images or embeddings. */
  isChatModel: (entry: JsonObject) => boolean
  signal: AbortSignal
}

/** `GET /models`, bounded in size; the time is the signal's. Throws `ProviderError` or `ProviderAborted`. */
export async function listModels(options: ListOptions): Promise<ModelInfo[]> {
  const { dispatcher, path, headers, failures, signal } = options
  try {
    const response = await dispatcher.request({ path, method: 'GET', headers, signal })
    const body = parseJson(await readBody(response.body, failures))
    if (response.statusCode >= 400) throw failures.fromStatus(response.statusCode, body, response.headers)
    const list = asObject(body)?.data
    if (response.statusCode >= 300 || !Array.isArray(list)) throw failures.badResponse('no_model_list')
    return list
      .map(asObject)
      .filter((entry) => entry !== null && options.isChatModel(entry))
      .flatMap(toModel(options))
  } catch (error) {
    throw asFailure(error, options)
  }
}

async function readBody(body: AsyncIterable<Buffer>, failures: Failures): Promise<string> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of body) {
    size += piece.length
    if (size > maxListBytes) throw failures.badResponse('model_list_too_long')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString()
}

function asFailure(error: unknown, { failures, signal }: ListOptions): Error {
  if (error instanceof ProviderError) return error
  if (signal.aborted) {
    const isTimeout = signal.reason instanceof Error && signal.reason.name === 'TimeoutError'
    return isTimeout ? failures.timeout('models') : new ProviderAborted()
  }
  const code = error instanceof Error && 'code' in error ? error.code : null
  return failures.unreachable(typeof code === 'string' ? code : 'models')
}

/**
 * Sizes by the names vendors give them: Groq `context_window` and `max_completion_tokens`, OpenRouter
 * `context_length` and `top_provider.max_completion_tokens`, vLLM `max_model_len`, llama.cpp `meta.n_ctx`.
 */
function toModel({ providerId }: ListOptions): (entry: JsonObject | null) => ModelInfo[] {
  return (entry) => {
    if (!entry || typeof entry.id !== 'string' || entry.id === '' || entry.id.length > 200) return []
    const topProvider = asObject(entry.top_provider)
    const meta = asObject(entry.meta)
    return [
      {
        id: entry.id,
        provider: providerId,
        contextWindow:
          asCount(entry.context_window) ??
          asCount(entry.context_length) ??
          asCount(entry.max_model_len) ??
          asCount(meta?.n_ctx) ??
          asCount(meta?.n_ctx_train),
        maxOutputTokens: asCount(entry.max_completion_tokens) ?? asCount(topProvider?.max_completion_tokens),
        ownedBy: typeof entry.owned_by === 'string' && entry.owned_by !== '' ? entry.owned_by.slice(0, 200) : null,
        ...visionOf(entry),
      },
    ]
  }
}

/** OpenRouter alone says it: https://openrouter.ai/docs/api/api-reference/models/get-models */
function visionOf({ architecture }: JsonObject): Pick<ModelInfo, 'vision'> {
  const modalities = asObject(architecture)?.input_modalities
  return Array.isArray(modalities) ? { vision: modalities.includes('image') } : {}
}
