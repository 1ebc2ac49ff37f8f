import type { RateLimits } from '../provider.ts'
import type { ResponseHeaders } from './retry-after.ts'

/**
 * Reads `x-ratelimit-*` as OpenAI (https://platform.openai.com/docs/guides/rate-limits) and Groq
 * (https://console.groq.com/docs/rate-limits) document them; `null` without any. With Groq the requests are those of a
 * day and the tokens those of a minute: its limit of requests a minute shows in `Retry-After` alone.
 */
export function readRateLimits(headers: ResponseHeaders): RateLimits | null {
  const remainingRequests = headers['x-ratelimit-remaining-requests']
  const remainingTokens = headers['x-ratelimit-remaining-tokens']
  if (remainingRequests === undefined && remainingTokens === undefined) return null
  return {
    limitRequests: asNumber(headers['x-ratelimit-limit-requests']),
    remainingRequests: asNumber(remainingRequests),
    resetRequestsMs: asDurationMs(headers['x-ratelimit-reset-requests']),
    remainingTokens: asNumber(remainingTokens),
    resetTokensMs: asDurationMs(headers['x-ratelimit-reset-tokens']),
  }
}

function asNumber(value: string | string[] | undefined): number | null {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : null
}

/** `7.66s`, `2m59.56s`, `1h0m3s`, `120ms`; milliseconds, or `null` for anything else. */
function asDurationMs(value: string | string[] | undefined): number | null {
  if (typeof value !== 'string' || value.length > 40) return null
  const parts = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/.exec(value)
  if (!parts || value === '') return null
  const [days, hours, minutes, seconds, milliseconds] = parts.slice(1).map((part) => Number(part ?? 0))
  const wholeMinutes = (Number(days) * 24 + Number(hours)) * 60 + Number(minutes)
  return (wholeMinutes * 60 + Number(seconds)) * 1000 + Number(milliseconds)
}
