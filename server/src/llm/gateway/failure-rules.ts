import { AppError } from '../../platform/errors.ts'
import { ProviderError, type ProviderErrorCode } from '../provider-error.ts'
import type { Verdict } from './circuit-breaker.ts'

/** Codes of failures that the next provider of a chain may not have. */
export type FallbackCode = ProviderErrorCode | 'provider_not_configured'

const elsewhere: ReadonlySet<string> = new Set<FallbackCode>([
  'provider_not_configured',
  'provider_unavailable',
  'provider_timeout',
  'provider_rate_limited',
  'provider_auth',
  'provider_model_not_found',
  'provider_bad_response',
  'provider_error',
  'provider_truncated',
  // Only for a model that takes more; the plan sees to it.
  'provider_context_length',
])

/**
 * Whether another provider may answer what this one did not. Not after a content filter, and not for a refused request,
 * which was wrong in itself; except for 402, an empty account, and 413, more than this account may send (Groq:
 * https://console.groq.com/docs/errors).
 */
export function mayPassElsewhere(error: unknown): error is AppError & { code: FallbackCode } {
  if (!(error instanceof AppError)) return false
  if (elsewhere.has(error.code)) return true
  return error instanceof ProviderError && (error.upstreamStatus === 402 || error.upstreamStatus === 413)
}

/** Whether waiting helps: a rate limit, but not a spent quota. */
export function isRateLimit(error: unknown): error is ProviderError {
  return error instanceof ProviderError && error.code === 'provider_rate_limited' && error.retryable
}

const answered: ReadonlySet<string> = new Set<ProviderErrorCode>([
  'provider_rate_limited',
  'provider_auth',
  'provider_refused',
  'provider_model_not_found',
  'provider_context_length',
  'provider_content_filter',
])

/** What a failure says about the provider's health. */
export function verdictOf(error: unknown): Verdict {
  if (!(error instanceof ProviderError)) return 'unclear'
  if (answered.has(error.code)) return 'up'
  // Our own end: the pool was closed.
  if (error.code === 'provider_unavailable') return error.reason === 'UND_ERR_DESTROYED' ? 'unclear' : 'down'
  // A long answer that met our own limit of the total is no sign of illness.
  if (error.code === 'provider_timeout') return error.reason === 'total' && error.textDelivered ? 'unclear' : 'down'
  return 'unclear'
}

/**
 * The one error to show for all that failed, in the order of the chain: the last that may pass, else the last, with the
 * shortest of the known times to come back.
 */
export function summarize(errors: AppError[]): AppError {
  const passing = errors.filter((error) => error instanceof ProviderError && error.retryable)
  const shown = passing.at(-1) ?? errors.at(-1)
  if (!shown) throw new Error('A chain without candidates has no failure.')
  const seconds = passing.flatMap(({ retryAfterSeconds }) => retryAfterSeconds ?? [])
  if (!(shown instanceof ProviderError) || seconds.length === 0) return shown
  const soonest = Math.min(...seconds)
  return soonest === shown.retryAfterSeconds ? shown : shown.withRetryAfter(soonest)
}
