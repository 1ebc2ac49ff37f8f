import { setTimeout as sleep } from 'node:timers/promises'
import type { CallOptions, RetrySettings } from '../provider.ts'
import { ProviderAborted, type ProviderError } from '../provider-error.ts'

export const defaultRetry: RetrySettings = {
  maxRetries: 2,
  baseMs: 500,
  maxRetryAfterMs: 10_000,
  retriesRateLimits: true,
}

/** The settings as one call narrows them. */
export function narrowRetry(settings: RetrySettings, asked: CallOptions['retry']): RetrySettings {
  if (!asked) return settings
  return {
    ...settings,
    maxRetries: Math.min(settings.maxRetries, asked.maxRetries ?? settings.maxRetries),
    maxRetryAfterMs: Math.min(settings.maxRetryAfterMs, asked.maxRetryAfterMs ?? settings.maxRetryAfterMs),
    retriesRateLimits: settings.retriesRateLimits && (asked.retriesRateLimits ?? true),
  }
}

/**
 * Milliseconds to wait before the next attempt, or `null` to give up: full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter), never shorter than `Retry-After`.
 * `attempt` is the one that failed, from 1; `remainingMs` what is left of the call's total.
 */
export function retryDelayMs(
  error: ProviderError,
  attempt: number,
  remainingMs: number,
  settings: RetrySettings,
): number | null {
  if (attempt > settings.maxRetries || !isPassing(error)) return null
  if (error.code === 'provider_rate_limited' && !settings.retriesRateLimits) return null
  const retryAfterMs = (error.retryAfterSeconds ?? 0) * 1000
  if (retryAfterMs > settings.maxRetryAfterMs) return null
  const delayMs = Math.max(retryAfterMs, Math.random() * settings.baseMs * 2 ** (attempt - 1))
  return delayMs < remainingMs ? delayMs : null
}

/** A connection error, 408, 429 or 5xx; our own timeouts are not, their time has been spent. */
function isPassing(error: ProviderError): boolean {
  // Our own end, not the provider's: the pool was closed.
  if (!error.retryable || error.reason === 'UND_ERR_DESTROYED') return false
  if (error.code === 'provider_rate_limited' || error.code === 'provider_unavailable') return true
  return error.upstreamStatus === 408
}

/** Waits, unless `signal` fires: then it throws `ProviderAborted` at once. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(delayMs, undefined, { signal })
  } catch {
    throw new ProviderAborted()
  }
}
