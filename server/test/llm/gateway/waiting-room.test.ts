import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ProviderAborted } from '../../../src/llm/provider-error.ts'
import type { Upstream } from '../../support/upstream.ts'
import { type Answer, ask, first, openGateway, question, second, spent, status } from './gateway-support.ts'

const other = { provider: 'groq', model: 'openai/gpt-oss-120b' }

/** Names in the order in which the upstream answered them. */
function echoes(upstream: Upstream, refuses: (index: number) => boolean): string[] {
  const answered: string[] = []
  upstream.answers(({ index, body }) => {
    if (refuses(index)) return undefined
    answered.push(body.messages?.[0]?.content ?? '')
    return { echo: 'last' }
  })
  return answered
}

describe.concurrent('a provider that limits us', () => {
  test('is waited for, and the caller told when its turn may come', async ({ expect }) => {
    const { gateway, groq } = await openGateway()
    groq.plays([status(429, { 'retry-after': '1' })])
    const askedAt = Date.now()
    const { text, waits, servings, tookMs } = await ask(gateway)
    expect(text).toBe('Hello there.')
    expect(waits[0]).toMatchObject({ type: 'waiting', ahead: 0 })
    expect(Math.abs((waits[0]?.retryAtMs ?? 0) - askedAt - 1000)).toBeLessThan(500)
    expect(servings.map(({ reason, attempt }) => [reason, attempt])).toEqual([
      ['first_choice', 1],
      ['first_choice', 2],
    ])
    expect(tookMs).toBeGreaterThanOrEqual(990)
    expect(groq.requests).toHaveLength(2)
  })

  test('is not asked meanwhile by those who come later', async ({ expect }) => {
    const { gateway, groq } = await openGateway()
    groq.plays([spent(400)])
    const early = ask(gateway)
    await groq.waitForRequest(0)
    await expect.poll(() => gateway.state()[0]?.waiting).toBe(1)
    const late = await Promise.all([ask(gateway), ask(gateway)])
    expect((await early).isFinished).toBe(true)
    expect(late.map(({ waits, servings }) => [waits[0]?.ahead, servings.length])).toEqual([
      [1, 1],
      [2, 1],
    ])
    expect(groq.requests).toHaveLength(4)
  })

  test('is passed over where the chain has another, which nobody waits for', async ({ expect }) => {
    const { gateway, groq, openai } = await openGateway()
    groq.always(status(429, { 'retry-after': '20' }))
    for (let call = 0; call < 3; call++) {
      const { waits, servings } = await ask(gateway, { chain: [first, second] })
      expect(waits).toEqual([])
      expect(servings.at(-1)).toMatchObject({ ...second, reason: 'fallback_after_provider_rate_limited' })
    }
    expect(groq.requests).toHaveLength(1)
    expect(openai.requests).toHaveLength(3)
  })

  test('is waited for after all where the others of the chain fail', async ({ expect }) => {
    const { gateway, groq, openai } = await openGateway()
    groq.plays([spent(200)])
    openai.always(status(401))
    const { servings, waits, isFinished } = await ask(gateway, { chain: [first, second] })
    expect(isFinished).toBe(true)
    expect(waits.length).toBeGreaterThan(0)
    expect(servings.map(({ provider }) => provider)).toEqual(['groq', 'openai', 'groq'])
    expect(servings.at(-1)?.reason).toBe('first_choice')
  })

  test('of two that do, the one that opens first is waited for', async ({ expect }) => {
    const { gateway, groq, openai } = await openGateway()
    groq.always(status(429, { 'retry-after': '20' }))
    openai.plays([spent(200)])
    const { servings, tookMs } = await ask(gateway, { chain: [first, second] })
    expect(servings.map(({ provider }) => provider)).toEqual(['groq', 'openai', 'openai'])
    expect(tookMs).toBeLessThan(3000)
  })

  test('limits one model and not the others', async ({ expect }) => {
    const { gateway, groq } = await openGateway()
    groq.answers(({ body }) => (body.model === first.model ? status(429, { 'retry-after': '20' }) : {}))
    expect((await ask(gateway, { chain: [first, other] })).servings.at(-1)).toMatchObject(other)
    expect(await ask(gateway, { chain: [other] })).toMatchObject({ isFinished: true, waits: [] })
  })

  test('is left alone before it refuses where its headers say that nothing is left', async ({ expect }) => {
    const { gateway, groq } = await openGateway()
    groq.plays([{ headers: spent(500).headers ?? {} }])
    expect((await ask(gateway)).waits).toEqual([])
    const { waits, tookMs } = await ask(gateway)
    expect(waits).toHaveLength(1)
    expect(tookMs).toBeGreaterThan(300)
    expect(groq.requests).toHaveLength(2)
  })
})

describe.concurrent('waiting has an end', () => {
  test('at its time limit, with an honest time to come back', async ({ expect }) => {
    const { gateway, groq } = await openGateway({ maxWaitMs: 700 })
    groq.always(spent(300))
    const { error, waits, tookMs } = await ask(gateway)
    expect(error).toMatchObject({ code: 'provider_rate_limited', status: 503, retryAfterSeconds: 1 })
    expect(waits.length).toBeGreaterThan(0)
    expect(tookMs).toBeLessThan(2500)
    expect(gateway.state()).toMatchObject([{ waiting: 0, active: 0 }])
  })

  test('at once where the limit lasts longer than anyone would wait', async ({ expect }) => {
    const { gateway, groq } = await openGateway()
    groq.always(status(429, { 'retry-after': '3600' }))
    const { error, waits } = await ask(gateway)
    expect(error).toMatchObject({ code: 'provider_rate_limited', reason: 'limit_too_long' })
    expect((error as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThan(3590)
    expect(waits).toEqual([])
    expect((await ask(gateway)).error).toMatchObject({ reason: 'limit_too_long' })
    expect(groq.requests).toHaveLength(1)
  })

  test('for everyone once the provider names a time that is too long', async ({ expect }) => {
    const { gateway, groq } = await openGateway({ maxWaitMs: 5000 })
    groq.plays([spent(300), status(429, { 'retry-after': '600' })])
    const answers = await Promise.all([ask(gateway), sleep(100).then(() => ask(gateway))])
    for (const { error, tookMs } of answers) {
      expect(error).toMatchObject({ code: 'provider_rate_limited', reason: 'limit_too_long', retryAfterSeconds: 600 })
      expect(tookMs).toBeLessThan(3000)
    }
  })

  test('with a spent quota, which waiting does not refill', async ({ expect }) => {
    const { gateway, groq } = await openGateway()
    groq.always(status(429, {}, { code: 'insufficient_quota' }))
    expect(await ask(gateway)).toMatchObject({ waits: [], error: { code: 'provider_rate_limited', retryable: false } })
    expect(gateway.state()).toMatchObject([{ waiting: 0 }])
  })

  test('where all seats are taken, in all or of one workspace', async ({ expect }) => {
    const { gateway, groq } = await openGateway({ maxWaiting: 3, maxWaitingPerWorkspace: 2, maxWaitMs: 5000 })
    groq.always(status(429, { 'retry-after': '4' }))
    const leave = new AbortController()
    const calls: Promise<Answer>[] = []
    for (const workspaceId of ['a', 'a', 'a', 'b', 'c']) {
      calls.push(ask(gateway, { workspaceId }, { signal: leave.signal }))
      await sleep(100)
    }
    const refused = await Promise.all([calls[2], calls[4]])
    for (const answer of refused) {
      expect(answer?.error).toMatchObject({ code: 'provider_rate_limited', reason: 'waiting_room_full' })
      expect(answer?.error).toHaveProperty('retryAfterSeconds', 4)
    }
    expect(gateway.state()).toMatchObject([{ waiting: 3, active: 0 }])
    leave.abort()
    await Promise.all(calls)
    expect(gateway.state()).toMatchObject([{ waiting: 0 }])
  })

  test('when the caller leaves: at once, and its seat is free', async ({ expect }) => {
    const { gateway, groq } = await openGateway()
    groq.always(status(429, { 'retry-after': '5' }))
    const leave = new AbortController()
    const call = ask(gateway, {}, { signal: leave.signal })
    await expect.poll(() => gateway.state()[0]?.waiting).toBe(1)
    const leftAt = performance.now()
    leave.abort()
    expect((await call).error).toBeInstanceOf(ProviderAborted)
    expect(performance.now() - leftAt).toBeLessThan(200)
    expect(gateway.state()).toMatchObject([{ waiting: 0, active: 0 }])
  })

  test('when the reader leaves, too', async ({ expect }) => {
    const { gateway, groq } = await openGateway()
    groq.always(status(429, { 'retry-after': '5' }))
    const call = { chain: [first], workspaceId: 'w', request: question() }
    for await (const event of gateway.chat(call, new AbortController().signal)) if (event.type === 'waiting') break
    expect(gateway.state()).toMatchObject([{ waiting: 0, active: 0 }])
  })
})

describe('turns are fair', () => {
  test('a workspace with many waiting delays one with few by little', async () => {
    const { gateway, groq } = await openGateway()
    groq.plays([spent(500)])
    const answered = echoes(groq, (index) => index === 0)
    const call = (workspaceId: string) => ask(gateway, { workspaceId, request: question(workspaceId) })
    const crowd = [call('crowd')]
    await expect.poll(() => gateway.state()[0]?.waiting).toBe(1)
    crowd.push(...Array.from({ length: 14 }, () => call('crowd')))
    await expect.poll(() => gateway.state()[0]?.waiting).toBe(15)
    await Promise.all([...crowd, call('single'), call('pair'), call('pair')])
    expect(answered).toHaveLength(18)
    expect(answered.indexOf('single')).toBeLessThan(4)
    expect(answered.lastIndexOf('pair')).toBeLessThan(7)
  })

  test('within a workspace who came first goes first, though the provider refused again', async () => {
    const { gateway, groq } = await openGateway()
    groq.plays([spent(200), spent(200), spent(200)])
    const answered = echoes(groq, (index) => index < 3)
    const calls: Promise<Answer>[] = []
    for (const name of ['1', '2', '3', '4']) {
      calls.push(ask(gateway, { request: question(name) }))
      await expect.poll(() => gateway.state()[0]?.waiting).toBeGreaterThanOrEqual(1)
    }
    await Promise.all(calls)
    expect(answered).toEqual(['1', '2', '3', '4'])
  })

  test('and who waits is told as the line moves, but not more than asked for', async () => {
    const { gateway, groq } = await openGateway({ tellEveryMs: 100 })
    groq.always({ hang: true })
    groq.plays([spent(300)])
    const ended = AbortSignal.timeout(1000)
    const calls = [ask(gateway, {}, { signal: ended })]
    await expect.poll(() => gateway.state()[0]?.waiting).toBe(1)
    calls.push(ask(gateway, {}, { signal: ended }), ask(gateway, {}, { signal: ended }))
    const { waits } = (await Promise.all(calls)).at(-1) ?? { waits: [] }
    expect(waits.map(({ ahead }) => ahead)).toEqual([2, 1])
  })
})

/** Allows so many requests in a window; says so as Groq does, with nothing but `Retry-After` about the minute. */
function limitTo(upstream: Upstream, allowed: number, windowMs: number) {
  const seen = { answered: 0, refused: 0 }
  let windowEndsMs = 0
  let used = 0
  upstream.answers(() => {
    const nowMs = Date.now()
    if (nowMs >= windowEndsMs) {
      windowEndsMs = nowMs + windowMs
      used = 0
    }
    if (++used <= allowed) {
      seen.answered++
      return {}
    }
    seen.refused++
    const perDay = { 'x-ratelimit-limit-requests': '14400', 'x-ratelimit-remaining-requests': '14370' }
    return status(429, {
      ...perDay,
      'x-ratelimit-reset-requests': '2m59.56s',
      'retry-after': String(Math.ceil((windowEndsMs - nowMs) / 1000)),
    })
  })
  return seen
}

test('thirty requests in a window: a crowd of eighty is served over three windows, with few refusals', async () => {
  const { gateway, groq } = await openGateway()
  const seen = limitTo(groq, 30, 1000)
  const calls = Array.from({ length: 80 }, (_, index) => ask(gateway, { workspaceId: `w${index % 5}` }))
  const answers = await Promise.all(calls)
  expect(answers.filter(({ isFinished }) => isFinished)).toHaveLength(80)
  expect(seen.answered).toBe(80)
  // Fifty too many come at once before the limit is known; after that a few find out where it is.
  expect(seen.refused).toBeLessThan(50 + 45)
  expect(Math.max(...answers.map(({ tookMs }) => tookMs))).toBeLessThan(8000)
  expect(gateway.state()).toMatchObject([{ waiting: 0, active: 0, breaker: 'closed' }])
})
