/** Headers as undici hands them over: names in lower case. */
export type ResponseHeaders = Record<string, string | string[] | undefined>

/**
 * Seconds from `Retry-After` (a number or an HTTP date, RFC 9110 §10.2.3), rounded up, or from OpenAI's
 * `retry-after-ms`; `null` without a readable one. `nowMs` is the epoch time dates are measured against.
 */
export function retryAfterSeconds(headers: ResponseHeaders, nowMs: number): number | null {
  const milliseconds = Number.parseFloat(single(headers['retry-after-ms']) ?? '')
  if (milliseconds >= 0) return Math.ceil(milliseconds / 1000)
  const value = single(headers['retry-after'])?.trim()
  if (!value) return null
  if (/^\d+(\.\d+)?$/.test(value)) return Math.ceil(Number(value))
  // Date.parse takes almost anything; an HTTP date begins with the day's name.
  const dateMs = /^[A-Z][a-z]{2}/.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(dateMs) ? null : Math.max(0, Math.ceil((dateMs - nowMs) / 1000))
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}
