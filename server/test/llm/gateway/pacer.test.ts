import { describe, expect, test } from 'vitest'
import { defaultGatewayLimits } from '../../../src/llm/gateway/gateway-limits.ts'
import { Pacer } from '../../../src/llm/gateway/pacer.ts'
import { readRateLimits } from '../../../src/llm/openai-compatible/rate-limits.ts'
import { ProviderError } from '../../../src/llm/provider-error.ts'

const startMs = Date.UTC(2026, 10, 23)

describe('the headers of a rate limit are read', () => {
  const named = (reset: string) => ({ 'x-ratelimit-remaining-requests': '14370', 'x-ratelimit-reset-requests': reset })

  // The examples of https://console.groq.com/docs/rate-limits and https://platform.openai.com/docs/guides/rate-limits.
  test.each([
    ['2m59.56s', 179_560],
    ['7.66s', 7660],
    ['6m0s', 360_000],
    ['1s', 1000],
    ['20ms', 20],
    ['1h2m3s', 3_723_000],
    ['1d', 86_400_000],
    ['soon', null],
    ['', null],
    ['60', null],
  ])('a reset of %s is %s milliseconds', (reset, resetRequestsMs) => {
    expect(readRateLimits(named(reset))).toMatchObject({ remainingRequests: 14_370, resetRequestsMs })
  })

  test('and none without them', () => {
    expect(readRateLimits({ 'content-type': 'text/event-stream' })).toBeNull()
    expect(readRateLimits({ 'x-ratelimit-remaining-tokens': '-1' })).toMatchObject({ remainingTokens: null })
  })
})

/** Refusals as a vendor would send them; `seconds` is the `Retry-After`. */
function refusal(seconds?: number, headers: Record<string, string> = {}): ProviderError {
  const limits = readRateLimits(headers)
  const retryAfter = seconds === undefined ? {} : { retryAfterSeconds: seconds }
  return new ProviderError('provider_rate_limited', { providerId: 'p', providerName: 'P', limits, ...retryAfter })
}

function requestsLeft(remaining: number, resetMs: number, limit = 10): Record<string, string> {
  return {
    'x-ratelimit-limit-requests': String(limit),
    'x-ratelimit-remaining-requests': String(remaining),
    'x-ratelimit-reset-requests': `${resetMs}ms`,
  }
}

const newPacer = () => new Pacer(defaultGatewayLimits, () => 0.5)

describe('after a limit the next request goes', () => {
  const cases: [name: string, errors: ProviderError[], waitMs: number, isKnown: boolean][] = [
    ['when Retry-After says', [refusal(7)], 7000, true],
    ['when Retry-After says, whatever else is named', [refusal(7, requestsLeft(0, 60_000))], 7000, true],
    ['after a tenth of the reset of ten requests', [refusal(undefined, requestsLeft(0, 60_000))], 6000, true],
    [
      'with the reset of the tokens',
      [refusal(undefined, { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '7.66s' })],
      7660,
      true,
    ],
    ['after a guess of about a second', [refusal()], 750, false],
    [
      'after a guess where the headers speak of another limit',
      [refusal(undefined, requestsLeft(500, 60_000))],
      750,
      false,
    ],
    ['not at once, even where it says so', [refusal(0)], 100, true],
    ['after the longest of several times', [refusal(3), refusal(9), refusal(5)], 9000, true],
  ]
  test.each(cases)('%s', (_name, errors, waitMs, isKnown) => {
    const pacer = newPacer()
    for (const error of errors) pacer.limited(error, false, startMs)
    expect(pacer.nextStartMs() - startMs).toBe(waitMs)
    expect(pacer.expectedStartMs(3, startMs)).toBe(isKnown ? startMs + waitMs : null)
  })

  test.each([
    ['a guess', refusal(), [750, 1500, 3000, 6000, 12_000, 22_500, 22_500]],
    ['"at once"', refusal(0), [100, 200, 400, 800, 1600, 3200, 6400]],
    ['a refill bit by bit', refusal(undefined, requestsLeft(0, 10_000)), [1000, 2000, 4000, 8000, 10_000, 10_000]],
  ])('after longer and longer where %s was wrong', (_name, error, waits) => {
    const pacer = newPacer()
    let nowMs = startMs
    for (const waitMs of waits) {
      pacer.limited(error, nowMs > startMs, nowMs)
      expect(pacer.nextStartMs() - nowMs).toBe(waitMs)
      nowMs += waitMs
      pacer.start(nowMs)
    }
  })
})

/** Starts all that may start now and has them accepted, over and over, up to `most`; returns how many. */
function acceptAll(pacer: Pacer, nowMs: number, most = 1000): number {
  let count = 0
  while (count < most && pacer.nextStartMs() <= nowMs) count += acceptWave(pacer, nowMs, {}, most - count)
  return count
}

/** Starts all that may be under way together, then has them accepted; returns how many. */
function acceptWave(pacer: Pacer, nowMs: number, headers: Record<string, string> = {}, most = 1000): number {
  let count = 0
  for (; count < most && pacer.nextStartMs() <= nowMs; count++) pacer.start(nowMs)
  for (let index = 0; index < count; index++) pacer.accepted(readRateLimits(headers), nowMs)
  return count
}

describe('when the limit is over, requests go', () => {
  test('one, two, four at a time while nothing is known', () => {
    const pacer = newPacer()
    pacer.limited(refusal(1), false, startMs)
    expect(acceptWave(pacer, startMs + 999)).toBe(0)
    expect([1, 2, 3, 4].map((second) => acceptWave(pacer, startMs + second * 1000))).toEqual([1, 2, 4, 8])
  })

  test('as many as remain, where the headers speak of the limit that was met', () => {
    const pacer = newPacer()
    pacer.limited(refusal(1, requestsLeft(0, 1000)), false, startMs)
    expect(acceptWave(pacer, startMs + 1000, requestsLeft(29, 1000))).toBe(1)
    expect(acceptWave(pacer, startMs + 1000, requestsLeft(0, 30_000))).toBe(29)
    // Nothing remains: one more after a tenth of the reset.
    expect(pacer.nextStartMs()).toBe(startMs + 1000 + 3000)
  })

  test('as many as last time, then at the pace that the limit has shown', () => {
    const pacer = newPacer()
    pacer.limited(refusal(60), false, startMs)
    expect(acceptAll(pacer, startMs + 60_000, 30)).toBe(30)
    pacer.start(startMs + 60_000)
    pacer.limited(refusal(60), true, startMs + 60_000)
    const reopenedMs = startMs + 120_000
    expect(acceptAll(pacer, reopenedMs)).toBe(30)
    expect(pacer.nextStartMs()).toBe(reopenedMs + 2000)
    expect(pacer.expectedStartMs(29, reopenedMs)).toBe(reopenedMs)
    expect(pacer.expectedStartMs(30, reopenedMs)).toBe(reopenedMs + 60_000)
  })

  test('one at a time, but without a pace, where not all who could have gone were there', () => {
    const pacer = newPacer()
    pacer.limited(refusal(1), false, startMs)
    pacer.idle()
    expect(acceptAll(pacer, startMs + 1000, 1)).toBe(1)
    pacer.limited(refusal(1), false, startMs + 40_000)
    expect(acceptAll(pacer, startMs + 41_000, 1)).toBe(1)
    expect(pacer.nextStartMs()).toBe(startMs + 41_000)
    pacer.start(startMs + 41_000)
    expect(pacer.nextStartMs()).toBe(Number.POSITIVE_INFINITY)
    pacer.abandoned()
    expect(pacer.nextStartMs()).toBe(startMs + 41_000)
  })

  test('freely again a minute after the last limit', () => {
    const pacer = newPacer()
    pacer.limited(refusal(5), false, startMs)
    expect(pacer.isOver(startMs + 64_999)).toBe(false)
    expect(pacer.isOver(startMs + 65_000)).toBe(true)
  })
})
