import { describe, expect, test } from 'vitest'
import { defaultRetry, narrowRetry, retryDelayMs } from '../../src/llm/openai-compatible/retry.ts'
import { retryAfterSeconds } from '../../src/llm/openai-compatible/retry-after.ts'
import { ProviderError, type ProviderErrorCode } from '../../src/llm/provider-error.ts'

const nowMs = Date.UTC(2026, 10, 23, 12, 0, 0)
const failure = (code: ProviderErrorCode, retryAfter?: number) =>
  new ProviderError(code, {
    providerId: 'p',
    providerName: 'P',
    ...(retryAfter === undefined ? {} : { retryAfterSeconds: retryAfter }),
  })

describe('Retry-After is read', () => {
  test.each([
    [{ 'retry-after': '7' }, 7],
    [{ 'retry-after': '0.2' }, 1],
    [{ 'retry-after': ['3', '9'] }, 3],
    [{ 'retry-after': 'Mon, 23 Nov 2026 12:00:30 GMT' }, 30],
    [{ 'retry-after': 'Mon, 23 Nov 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after-ms': '1200', 'retry-after': '9' }, 2],
    [{ 'retry-after': 'soon' }, null],
    [{ 'retry-after': '-5 ' }, null],
    [{}, null],
  ])('%j is %s seconds', (headers, seconds) => {
    expect(retryAfterSeconds(headers, nowMs)).toBe(seconds)
  })
})

describe('the pause', () => {
  const pauses = (attempt: number, retryAfter?: number) =>
    Array.from({ length: 200 }, () =>
      retryDelayMs(failure('provider_unavailable', retryAfter), attempt, 60_000, defaultRetry),
    )

  test('is a random part of a doubling bound', () => {
    for (const [attempt, bound] of [
      [1, 500],
      [2, 1000],
    ] as const) {
      const delays = pauses(attempt).map(Number)
      expect(Math.max(...delays)).toBeLessThanOrEqual(bound)
      expect(Math.max(...delays)).toBeGreaterThan(bound * 0.8)
      expect(Math.min(...delays)).toBeLessThan(bound * 0.2)
    }
  })

  test('is never shorter than Retry-After, and there is none beyond ten seconds', () => {
    expect(Math.min(...pauses(1, 10).map(Number))).toBe(10_000)
    expect(new Set(pauses(1, 11))).toEqual(new Set([null]))
  })

  test('is refused after two retries, without time left, and for what does not pass', () => {
    expect(retryDelayMs(failure('provider_unavailable'), 3, 60_000, defaultRetry)).toBeNull()
    expect(retryDelayMs(failure('provider_unavailable', 2), 1, 1500, defaultRetry)).toBeNull()
    for (const code of ['provider_auth', 'provider_timeout', 'provider_truncated', 'provider_refused'] as const)
      expect(retryDelayMs(failure(code), 1, 60_000, defaultRetry)).toBeNull()
  })

  test('for a rate limit is left to a caller who waits for it in its own way', () => {
    const settings = narrowRetry(defaultRetry, { retriesRateLimits: false })
    expect(retryDelayMs(failure('provider_rate_limited', 1), 1, 60_000, defaultRetry)).toBe(1000)
    expect(retryDelayMs(failure('provider_rate_limited', 1), 1, 60_000, settings)).toBeNull()
    expect(retryDelayMs(failure('provider_unavailable', 1), 1, 60_000, settings)).toBe(1000)
  })

  test('can be narrowed by a call, never widened', () => {
    const settings = { ...defaultRetry, maxRetries: 1, retriesRateLimits: false }
    const wider = { maxRetries: 9, maxRetryAfterMs: 99_000, retriesRateLimits: true }
    expect(narrowRetry(settings, wider)).toEqual(settings)
    expect(narrowRetry(settings, { maxRetries: 0, maxRetryAfterMs: 0 })).toMatchObject({
      maxRetries: 0,
      maxRetryAfterMs: 0,
    })
  })
})
