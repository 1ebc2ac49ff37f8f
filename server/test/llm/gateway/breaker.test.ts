import { describe, expect, test } from 'vitest'
import { type BreakerState, CircuitBreaker, type Verdict } from '../../../src/llm/gateway/circuit-breaker.ts'
import { defaultGatewayLimits } from '../../../src/llm/gateway/gateway-limits.ts'
import type { Round } from '../../support/upstream-round.ts'
import { ask, first, openGateway, second, status } from './gateway-support.ts'

/** Seconds and what a call that begins and ends then teaches. */
type Step = [second: number, verdict: Verdict, retryAfter?: number]
const five = (at: number): Step[] => Array.from({ length: 5 }, (_, index) => [at + index, 'down'])

describe('a breaker', () => {
  const cases: [name: string, steps: Step[], at: number, state: BreakerState, openUntil: number | null][] = [
    ['stays closed for four failures', five(0).slice(1), 5, 'closed', null],
    ['opens at the fifth in a row, for five seconds', five(0), 5, 'open', 9],
    ['lets one try after that', five(0), 9, 'half_open', null],
    ['starts to count anew after an answer', [...five(0).slice(1), [5, 'up'], ...five(6).slice(1)], 11, 'closed', null],
    ['does not mind what is unclear', [...five(0).slice(1), [4.5, 'unclear'], [5, 'down']], 6, 'open', 10],
    ['forgets failures of more than thirty seconds ago', [...five(0).slice(1), [35, 'down']], 36, 'closed', null],
    ['stays open as long as the provider asks', [...five(0).slice(1), [5, 'down', 20]], 6, 'open', 25],
    ['but a minute at most', [...five(0).slice(1), [5, 'down', 3600]], 6, 'open', 65],
    ['closes when the try succeeds', [...five(0), [10, 'up']], 10, 'closed', null],
    ['opens for twice as long when it fails', [...five(0), [10, 'down']], 11, 'open', 20],
    ['lets another try where it taught nothing', [...five(0), [10, 'unclear'], [10, 'up']], 10, 'closed', null],
    [
      'opens for five seconds again once it was closed',
      [...five(0), [10, 'down'], [21, 'up'], ...five(22)],
      27,
      'open',
      31,
    ],
    [
      'opens for a minute at most',
      [...five(0), [10, 'down'], [21, 'down'], [42, 'down'], [90, 'down'], [160, 'down']],
      161,
      'open',
      220,
    ],
  ]
  test.each(cases)('%s', (_name, steps, at, state, openUntil) => {
    const breaker = new CircuitBreaker(defaultGatewayLimits, () => 0.5)
    for (const [second, verdict, retryAfter = 0] of steps) {
      expect(breaker.waitMs(second * 1000)).toBe(0)
      breaker.report(breaker.enter(second * 1000), verdict, second * 1000, retryAfter * 1000)
    }
    expect(breaker.state(at * 1000)).toBe(state)
    expect(breaker.openUntilMs(at * 1000)).toBe(openUntil === null ? null : openUntil * 1000)
  })

  test('lets one at a time try, and is not kept shut by one that never ends', () => {
    const breaker = new CircuitBreaker(defaultGatewayLimits, () => 0.5)
    for (const [second] of five(0)) breaker.report(breaker.enter(second * 1000), 'down', second * 1000)
    breaker.enter(10_000)
    expect(breaker.waitMs(10_001)).toBe(1000)
    expect(breaker.waitMs(400_000)).toBe(0)
  })

  test('does not listen to calls from before it opened', () => {
    const breaker = new CircuitBreaker(defaultGatewayLimits, () => 0.5)
    const early = breaker.enter(0)
    for (const [second] of five(0)) breaker.report(breaker.enter(second * 1000), 'down', second * 1000)
    breaker.report(early, 'up', 4500)
    expect(breaker.state(4500)).toBe('open')
  })

  test('spreads the moments at which it lets someone try', () => {
    const untils = [0, 0.999].map((random) => {
      const breaker = new CircuitBreaker(defaultGatewayLimits, () => random)
      for (let call = 0; call < 5; call++) breaker.report(breaker.enter(0), 'down', 0)
      return breaker.openUntilMs(0) ?? 0
    })
    expect(untils).toEqual([4000, expect.closeTo(6000, -1)])
  })
})

describe('a provider that is down', () => {
  test('is left alone, then tried by one call, then used again', async () => {
    let nowMs = 1_000_000
    const { gateway, groq } = await openGateway({}, { now: () => nowMs })
    groq.always(status(500))
    for (let call = 0; call < 5; call++) await ask(gateway)
    const asked = groq.requests.length
    expect(gateway.state()).toMatchObject([{ provider: 'groq', breaker: 'open', openUntilMs: nowMs + 5000 }])
    const refused = await ask(gateway)
    expect(refused.error).toMatchObject({ code: 'provider_unavailable', reason: 'breaker_open', retryAfterSeconds: 5 })
    expect(refused.servings).toEqual([])
    expect(groq.requests).toHaveLength(asked)
    nowMs += 5000
    const gate = groq.gate()
    groq.always({ gate })
    const calls = Array.from({ length: 10 }, () => ask(gateway))
    await groq.waitForRequest(asked)
    await Promise.all(calls.slice(1))
    expect(gateway.state()).toMatchObject([{ breaker: 'half_open', active: 1 }])
    gate.open()
    const answers = await Promise.all(calls)
    expect(answers.map(({ isFinished }) => isFinished)).toEqual([true, ...Array(9).fill(false)])
    expect(groq.requests).toHaveLength(asked + 1)
    expect(await ask(gateway)).toMatchObject({ isFinished: true })
    expect(gateway.state()).toMatchObject([{ breaker: 'closed', active: 0 }])
  })

  test('is passed over at once in a chain', async () => {
    const { gateway, groq, openai } = await openGateway()
    groq.always(status(502))
    for (let call = 0; call < 8; call++) {
      const { servings, isFinished } = await ask(gateway, { chain: [first, second] })
      expect(isFinished).toBe(true)
      expect(servings.at(-1)).toMatchObject({ ...second, reason: 'fallback_after_provider_unavailable' })
    }
    expect(groq.requests).toHaveLength(10)
    expect(openai.requests).toHaveLength(8)
  })

  test.each([
    ['a bad key', status(401), 'closed'],
    ['an unknown model', status(404), 'closed'],
    ['a refusal', status(400), 'closed'],
    ['a spent quota', status(429, {}, { code: 'insufficient_quota' }), 'closed'],
    ['a cut answer', { text: ['a', 'b', 'c'], delayMs: 1, cutAfter: 2 }, 'closed'],
    ['an overload', status(529), 'open'],
    ['a timeout', status(408), 'open'],
    ['no connection', { cutAfter: -1 }, 'open'],
    ['an overload in the stream', { errorAfter: 0, error: { code: 503 } }, 'open'],
  ] as [string, Round, BreakerState][])('after six times %s its breaker is %s', async (_name, round, state) => {
    const { gateway, groq } = await openGateway()
    groq.always(round)
    for (let call = 0; call < 6; call++) await ask(gateway)
    expect(gateway.state()).toMatchObject([{ breaker: state, active: 0, waiting: 0 }])
  })
})
