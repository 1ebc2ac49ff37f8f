import { describe, expect, test } from 'vitest'
import { ProviderAborted } from '../../../src/llm/provider-error.ts'
import type { Round } from '../../support/upstream-round.ts'
import { ask, first, openGateway, question, second, status, third } from './gateway-support.ts'

const chain = [first, second]

describe.concurrent('before the first token the next of the chain answers', () => {
  const failures: [name: string, round: Round, code: string, requests: number][] = [
    ['a server error', status(500), 'provider_unavailable', 2],
    ['an overload that names a time', status(503, { 'retry-after': '2' }), 'provider_unavailable', 1],
    ['no connection', { cutAfter: -1 }, 'provider_unavailable', 2],
    ['silence', { hang: true }, 'provider_timeout', 1],
    ['a rate limit', status(429, { 'retry-after': '1' }), 'provider_rate_limited', 1],
    ['a spent quota', status(429, {}, { code: 'insufficient_quota' }), 'provider_rate_limited', 1],
    ['a bad key', status(401), 'provider_auth', 1],
    ['an empty account', status(402), 'provider_refused', 1],
    ['a request beyond the account', status(413), 'provider_refused', 1],
    ['an unknown model', status(404), 'provider_model_not_found', 1],
    ['an answer in HTML', { headers: { 'content-type': 'text/html' }, body: '<p>' }, 'provider_bad_response', 1],
    ['an end without an answer', { text: [], noFinish: true }, 'provider_truncated', 1],
    ['an error in the stream', { errorAfter: 0, error: { code: 'strange', type: null } }, 'provider_error', 1],
    ['a fault after reasoning', { reasoning: ['Hm'], errorAfter: 0, error: { code: 500 } }, 'provider_unavailable', 1],
    ['too long a conversation', status(400, {}, { code: 'context_length_exceeded' }), 'provider_context_length', 1],
  ]
  test.for(failures)('after %s', async ([, round, code, requests], { expect }) => {
    const { gateway, groq, openai } = await openGateway({}, round.hang ? { firstByteMs: 400 } : {})
    groq.always(round)
    openai.always({ text: ['from', ' another'] })
    const { text, servings, isFinished, waits } = await ask(gateway, { chain })
    expect(text).toBe('from another')
    expect(isFinished).toBe(true)
    expect(servings).toEqual([
      { type: 'serving', ...first, attempt: 1, reason: 'first_choice' },
      { type: 'serving', ...second, attempt: 2, reason: `fallback_after_${code}` },
    ])
    expect(waits).toEqual([])
    expect(groq.requests).toHaveLength(requests)
  })

  test('where the first choice is not configured', async ({ expect }) => {
    const { gateway } = await openGateway()
    const { servings } = await ask(gateway, { chain: [{ provider: 'gone', model: 'm' }, second] })
    expect(servings).toMatchObject([{ ...second, attempt: 1, reason: 'fallback_after_provider_not_configured' }])
  })

  test('and the third after the second, for the reason of the first', async ({ expect }) => {
    const { gateway, groq, openai } = await openGateway()
    groq.always(status(401))
    openai.always(status(500))
    const { servings } = await ask(gateway, { chain: [...chain, third] })
    expect(servings.at(-1)).toMatchObject({ ...third, attempt: 3, reason: 'fallback_after_provider_auth' })
  })
})

describe.concurrent('nobody else is asked', () => {
  const finals: [name: string, round: Round, code: string][] = [
    ['by a content filter', status(400, {}, { code: 'content_policy_violation' }), 'provider_content_filter'],
    ['by a request that is wrong in itself', status(400), 'provider_refused'],
  ]
  test.for(finals)('%s', async ([, round, code], { expect }) => {
    const { gateway, groq, openai } = await openGateway()
    groq.always(round)
    expect((await ask(gateway, { chain })).error).toMatchObject({ code })
    expect(openai.requests).toHaveLength(0)
  })

  const cuts: [name: string, round: Round, code: string][] = [
    ['a cut', { text: ['Ha', 'lf', 'x'], delayMs: 1, cutAfter: 2 }, 'provider_truncated'],
    [
      'an overload',
      { text: ['Ha', 'lf', 'x'], delayMs: 1, errorAfter: 2, error: { code: 503 } },
      'provider_unavailable',
    ],
    [
      'a rate limit',
      { text: ['Ha', 'lf', 'x'], delayMs: 1, errorAfter: 2, error: { code: 429 } },
      'provider_rate_limited',
    ],
  ]
  test.for(cuts)('after the first token, when the answer ends by %s', async ([, round, code], { expect }) => {
    const { gateway, groq, openai } = await openGateway()
    groq.always(round)
    const { text, servings, error } = await ask(gateway, { chain })
    expect(text).toBe('Half')
    expect(error).toMatchObject({ code, textDelivered: true })
    expect(servings).toHaveLength(1)
    expect(openai.requests).toHaveLength(0)
  })

  test('when the caller leaves', async ({ expect }) => {
    const { gateway, groq, openai } = await openGateway()
    groq.always({ hang: true })
    const { error } = await ask(gateway, { chain }, { signal: AbortSignal.timeout(50) })
    expect(error).toBeInstanceOf(ProviderAborted)
    expect(openai.requests).toHaveLength(0)
    expect(gateway.state()).toMatchObject([{ provider: 'groq', active: 0 }])
  })

  test('for a model that takes no more than the one the conversation did not fit', async ({ expect }) => {
    const { gateway, groq, openrouter } = await openGateway()
    groq.always(status(400, {}, { code: 'context_length_exceeded' }))
    const { error } = await ask(gateway, { chain: [first, third] })
    expect(error).toMatchObject({ code: 'provider_context_length' })
    expect(openrouter.requests).toHaveLength(0)
  })

  test('twice, though the chain names it twice', async ({ expect }) => {
    const { gateway, groq } = await openGateway()
    groq.always(status(401))
    await ask(gateway, { chain: [first, { ...first }] })
    expect(groq.requests).toHaveLength(1)
  })
})

describe.concurrent('when all fail, the error', () => {
  const ends: [name: string, rounds: [Round, Round, Round], expected: object][] = [
    ['is the last', [status(401), status(404), status(402)], { code: 'provider_refused', providerId: 'openrouter' }],
    [
      'is the last that may pass',
      [status(500), status(503), status(401)],
      { code: 'provider_unavailable', providerId: 'openai' },
    ],
    [
      'has the shortest time to come back',
      [
        status(503, { 'retry-after': '40' }),
        status(503, { 'retry-after': '20' }),
        status(503, { 'retry-after': '70' }),
      ],
      { code: 'provider_unavailable', providerId: 'openrouter', retryAfterSeconds: 20 },
    ],
  ]
  test.for(ends)('%s', async ([, rounds, expected], { expect }) => {
    const { gateway, groq, openai, openrouter, log } = await openGateway()
    for (const [index, upstream] of [groq, openai, openrouter].entries()) upstream.always(rounds[index] ?? {})
    const { error, text } = await ask(gateway, { chain: [first, second, third] })
    expect(error).toMatchObject(expected)
    expect(text).toBe('')
    expect(log.filter((line) => line.includes('gave no answer'))).toHaveLength(3)
  })
})

test('the request may be cut for the model that is asked', async () => {
  const { gateway, groq, openai } = await openGateway()
  groq.always(status(500))
  openai.always({ echo: 'last' })
  const request = ({ provider, model }: { provider: string; model: string }) => question(`for ${model} of ${provider}`)
  expect((await ask(gateway, { chain, request })).text).toBe('for gpt-4.1 of openai')
  expect(groq.requests[0]?.body.messages?.[0]?.content).toBe('for llama-3.3-70b-versatile of groq')
})

test('an empty chain is the instance’s default', async () => {
  const { gateway, groq } = await openGateway()
  groq.offers([{ id: 'llama-3.3-70b-versatile' }])
  expect(await ask(gateway, { chain: [] })).toMatchObject({ text: 'Hello there.', servings: [{ provider: 'groq' }] })
})

test('many answers with faults among them are never mixed', async () => {
  const { gateway, groq, openai } = await openGateway({ breakerFailures: 1000 })
  const faults: Round[] = [status(500), { cutAfter: -1 }, { cutAfter: 0 }, { cutAfter: 2 }, {}, { errorAfter: 0 }]
  groq.answers(({ index }) => ({ text: ['a', 'a', 'a'], delayMs: 1, ...faults[index % faults.length] }))
  openai.always({ text: ['b', 'b', 'b'], delayMs: 1 })
  const answers = await Promise.all(Array.from({ length: 60 }, () => ask(gateway, { chain })))
  for (const { text, isFinished, error } of answers) {
    expect(text).toMatch(isFinished ? /^(aaa|bbb)$/ : /^a+$/)
    expect(isFinished).toBe(error === null)
  }
  expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['aaa', 'bbb', 'aa']))
})
