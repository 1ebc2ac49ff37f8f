import type { Dispatcher } from 'undici'
import type { Failures } from './openai-compatible/failures.ts'
import { asCount, asObject, parseJson } from './openai-compatible/json.ts'
import { ProviderAborted, ProviderError } from './provider-error.ts'

export interface EmbeddingRequest {
  dispatcher: Dispatcher
  path: string
  apiKey: string | null
  model: string
  dimensions: number | null
  timeoutMs: number
  failures: Failures
  texts: string[]
  signal: AbortSignal
}

export interface EmbeddingAnswer {
  vectors: Float32Array[]
  /** Null where the server did not say. */
  tokens: number | null
  cost: number | null
}

/** As many numbers as 96 vectors of 4,096 dimensions have, written out at length. */
const maxAnswerBytes = 32 * 1024 * 1024
/** Longer vectors than any model makes. */
const maxDimensions = 16_384

/** One request. Throws `ProviderError` or `ProviderAborted`. */
export async function requestEmbeddings(request: EmbeddingRequest): Promise<EmbeddingAnswer> {
  const { dispatcher, path, apiKey, model, dimensions, timeoutMs, failures, texts } = request
  const timeout = AbortSignal.timeout(timeoutMs)
  const signal = AbortSignal.any([request.signal, timeout])
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    'user-agent': 'chatbot-platform',
    ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
  }
  // Base64 is a third of the size; servers that do not know it send numbers.
  const asked = { model, input: texts, encoding_format: 'base64', ...(dimensions === null ? {} : { dimensions }) }
  try {
    const response = await dispatcher.request({ path, method: 'POST', headers, body: JSON.stringify(asked), signal })
    const body = parseJson(await readBody(response.body, failures))
    if (response.statusCode >= 400) throw failures.fromStatus(response.statusCode, body, response.headers)
    if (response.statusCode >= 300) throw failures.badResponse('redirect')
    return readAnswer(body, texts.length, failures)
  } catch (error) {
    if (error instanceof ProviderError) throw error
    if (request.signal.aborted) throw new ProviderAborted()
    if (timeout.aborted) throw failures.timeout('embeddings')
    const code = error instanceof Error && 'code' in error ? error.code : null
    throw failures.unreachable(typeof code === 'string' ? code : 'embeddings')
  }
}

async function readBody(body: AsyncIterable<Buffer>, failures: Failures): Promise<string> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of body) {
    size += piece.length
    if (size > maxAnswerBytes) throw failures.badResponse('answer_too_long')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString()
}

/** OpenRouter reports a `cost` in dollars; an error may come with a 200. */
function readAnswer(body: unknown, count: number, failures: Failures): EmbeddingAnswer {
  const answer = asObject(body)
  if (answer?.error) throw failures.inBand(answer.error)
  if (!Array.isArray(answer?.data) || answer.data.length !== count) throw failures.badResponse('embeddings')
  const vectors: Float32Array[] = []
  for (const [place, entry] of answer.data.map(asObject).entries()) {
    const vector = entry && readVector(entry.embedding)
    if (!vector) throw failures.badResponse('embeddings')
    vectors[asCount(entry.index) ?? place] = vector
  }
  const [first] = vectors
  const isWhole = vectors.length === count && Object.keys(vectors).length === count
  if (!isWhole || vectors.some((vector) => vector.length !== first?.length)) throw failures.badResponse('embeddings')
  const usage = asObject(answer.usage)
  const cost = typeof usage?.cost === 'number' && usage.cost >= 0 ? usage.cost : null
  return { vectors, tokens: asCount(usage?.prompt_tokens) ?? asCount(usage?.total_tokens), cost }
}

/** Numbers, or little-endian 32-bit floats in base64; `null` for anything else. */
function readVector(value: unknown): Float32Array | null {
  const vector = typeof value === 'string' ? fromBase64(value) : fromNumbers(value)
  if (!vector || vector.length === 0 || vector.length > maxDimensions) return null
  return vector.every(Number.isFinite) ? vector : null
}

function fromBase64(text: string): Float32Array | null {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length % 4 !== 0) return null
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4))
}

function fromNumbers(value: unknown): Float32Array | null {
  return Array.isArray(value) && value.every((number) => typeof number === 'number') ? Float32Array.from(value) : null
}
