import { ProviderError, type ProviderErrorCode } from '../provider-error.ts'
import { asObject, type JsonObject } from './json.ts'
import { readRateLimits } from './rate-limits.ts'
import { type ResponseHeaders, retryAfterSeconds } from './retry-after.ts'

/** Makes the errors of one provider, so that they all carry its name. */
export type Failures = ReturnType<typeof createFailures>

export function createFailures(providerId: string, providerName: string) {
  const make = (code: ProviderErrorCode, options: Partial<ConstructorParameters<typeof ProviderError>[1]> = {}) =>
    new ProviderError(code, { providerId, providerName, ...options })

  return {
    /** An answer with a status from 400; `body` is its parsed JSON or `undefined`. */
    fromStatus(status: number, body: unknown, headers: ResponseHeaders): ProviderError {
      const signs = readSigns(body)
      const seconds = retryAfterSeconds(headers, Date.now())
      return make(classify(status, signs), {
        upstreamStatus: status,
        upstreamCode: signs.code,
        limits: readRateLimits(headers),
        ...(seconds === null ? {} : { retryAfterSeconds: seconds }),
        ...(isSpent(signs) ? { retryable: false } : {}),
      })
    },
    /** An error object inside a 200, alone or between the chunks of a stream. */
    inBand(error: unknown): ProviderError {
      const signs = readSigns({ error })
      const status = signs.status ?? statusOfType(signs.words)
      return make(status === null ? (specificCode(null, signs) ?? 'provider_error') : classify(status, signs), {
        upstreamStatus: status,
        upstreamCode: signs.code,
        reason: 'in_band',
        ...(isSpent(signs) ? { retryable: false } : {}),
      })
    },
    /** No connection, or one that broke before any text. */
    unreachable: (reason: string) => make('provider_unavailable', { reason }),
    timeout: (reason: string) => make('provider_timeout', { reason }),
    truncated: (reason: string) => make('provider_truncated', { reason }),
    badResponse: (reason: string) => make('provider_bad_response', { reason }),
    failed: (reason: string) => make('provider_error', { reason }),
  }
}

/** What an error says about itself. The message is only searched for signs and never kept. */
interface Signs {
  code: string | null
  status: number | null
  words: string
  message: string
}

function readSigns(body: unknown): Signs {
  const outer = asObject(body)
  const error = outer?.error ?? outer
  if (typeof error === 'string') return { code: null, status: null, words: '', message: error.slice(0, 4096) }
  const object: JsonObject = asObject(error) ?? {}
  const metadata = asObject(object.metadata)
  const words = [object.code, object.type, metadata?.error_type].filter((word) => typeof word === 'string')
  return {
    // A key has digits or capitals, so no key passes for a code.
    code: words.find((word) => /^[a-z_]{3,48}$/.test(word)) ?? null,
    status: asStatus(object.code) ?? asStatus(object.status),
    words: words.join(' ').toLowerCase().slice(0, 512),
    message: typeof object.message === 'string' ? object.message.slice(0, 4096) : '',
  }
}

function asStatus(value: unknown): number | null {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599 ? status : null
}

function classify(status: number, signs: Signs): ProviderErrorCode {
  return specificCode(status, signs) ?? codeOfStatus(status)
}

/** Failures that vendors report under various statuses, told by their code, or by the message where there is none. */
function specificCode(status: number | null, { words, message }: Signs): ProviderErrorCode | null {
  const isRefusal = status === null || status === 400 || status === 413 || status === 422
  if (/context_length|exceed_context_size/.test(words)) return 'provider_context_length'
  // vLLM, llama.cpp and Ollama have no code for it.
  if (isRefusal && /context (length|window|size)|maximum context/i.test(message)) return 'provider_context_length'
  if (/content_policy|content_filter|moderation|guardrail/.test(words)) return 'provider_content_filter'
  // OpenRouter answers 403 for flagged input as for a bad key: https://openrouter.ai/docs/api/reference/errors-and-debugging
  if (status === 403 && /moderation|flagged/i.test(message)) return 'provider_content_filter'
  // OpenRouter answers 404 where nobody offers the model with images; the model itself is there.
  if (status === 404 && /image input/i.test(message)) return 'provider_refused'
  if (/model_not_found|model_decommissioned|model_not_active/.test(words)) return 'provider_model_not_found'
  return null
}

function codeOfStatus(status: number): ProviderErrorCode {
  if (status === 401 || status === 403) return 'provider_auth'
  if (status === 404 || status === 410) return 'provider_model_not_found'
  if (status === 408) return 'provider_timeout'
  if (status === 429) return 'provider_rate_limited'
  // 498: Groq's flex tier has no capacity (https://console.groq.com/docs/errors).
  if (status >= 500 || status === 498) return 'provider_unavailable'
  return 'provider_refused'
}

/** The status that an error without a number stands for, or `null` where its words say nothing. */
function statusOfType(words: string): number | null {
  if (/rate_limit|ratelimit|too_many_requests/.test(words)) return 429
  if (/timeout|timed_out/.test(words)) return 408
  if (/auth|permission|api_key|forbidden/.test(words)) return 401
  if (/not_?found/.test(words)) return 404
  if (/server_?error|overloaded|unavailable|internal_?error|internalserver/.test(words)) return 503
  if (/invalid_request|bad_?request/.test(words)) return 400
  return null
}

/** A used-up quota comes as a 429 or 402 but does not refill by waiting. */
function isSpent({ words }: Signs): boolean {
  return /insufficient_quota|billing|insufficient_credits/.test(words)
}
