import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Provider } from '../../src/llm/provider.ts'
import { ProviderError } from '../../src/llm/provider-error.ts'
import { openrouter } from '../../src/llm/providers/openrouter.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { collect, providerOptions, recordingLogger } from '../support/upstream-calls.ts'
import type { Round } from '../support/upstream-round.ts'

const secret = 'sk-SECRET-0123456789'
const words = 'UPSTREAM-WORDS'
const loggedLines: string[] = []
let upstream: Upstream
let provider: Provider
beforeAll(async () => {
  upstream = await startUpstream()
  provider = openrouter.create(
    providerOptions(upstream.url, { apiKey: secret, logger: recordingLogger(loggedLines), retry: { baseMs: 2 } }),
  )
})
afterAll(async () => {
  await provider.close()
  await upstream.close()
})

function status(code: number, error: unknown = { message: `${words} ${secret}` }, headers = {}): Round {
  return { status: code, headers, body: JSON.stringify({ error }) }
}
function inBand(error: unknown, text: string[] = []): Round {
  return { text: [...text, 'never'], errorAfter: text.length, error: error as Record<string, unknown> }
}
const sse = (...data: string[]): Round => ({ rawChunks: [data.map((line) => `data: ${line}\n\n`).join('')] })

// Each: what the upstream does, the code, how many requests it may cost, and the text delivered before.
const cases: [name: string, round: Round, code: string, attempts: number, text?: string][] = [
  ['401', status(401), 'provider_auth', 1],
  ['403', status(403), 'provider_auth', 1],
  [
    '403 for flagged input',
    status(403, { message: 'Your input was flagged', code: 403 }),
    'provider_content_filter',
    1,
  ],
  ['404', status(404), 'provider_model_not_found', 1],
  ['400', status(400), 'provider_refused', 1],
  ['402', status(402), 'provider_refused', 1],
  ['413', status(413), 'provider_refused', 1],
  ['422', status(422), 'provider_refused', 1],
  ['400 decommissioned', status(400, { code: 'model_decommissioned' }), 'provider_model_not_found', 1],
  ['400 context_length_exceeded', status(400, { code: 'context_length_exceeded' }), 'provider_context_length', 1],
  [
    '400 with a message about the context',
    status(400, { message: "This model's maximum context length is 4096 tokens" }),
    'provider_context_length',
    1,
  ],
  ['400 from llama.cpp', status(400, { type: 'exceed_context_size_error' }), 'provider_context_length', 1],
  ['400 content policy', status(400, { code: 'content_policy_violation' }), 'provider_content_filter', 1],
  ['408', status(408), 'provider_timeout', 3],
  ['429', status(429), 'provider_rate_limited', 3],
  ['429 with a spent quota', status(429, { code: 'insufficient_quota' }), 'provider_rate_limited', 1],
  ['498', status(498), 'provider_unavailable', 3],
  ['500', status(500), 'provider_unavailable', 3],
  [
    '502 in HTML',
    { status: 502, headers: { 'content-type': 'text/html' }, body: `<p>${words}` },
    'provider_unavailable',
    3,
  ],
  ['503', status(503), 'provider_unavailable', 3],
  ['504 without a body', { status: 504 }, 'provider_unavailable', 3],
  ['an error body without end', { status: 400, body: Buffer.alloc(1024 * 1024, 'x') }, 'provider_refused', 1],
  ['a redirect', { status: 307, headers: { location: 'http://127.0.0.1:1/' } }, 'provider_bad_response', 1],
  ['HTML', { headers: { 'content-type': 'text/html' }, body: `<p>${words}` }, 'provider_bad_response', 1],
  ['JSON that is broken', { body: '{"choices":[' }, 'provider_bad_response', 1],
  ['JSON without choices', { body: '{"object":"chat.completion"}' }, 'provider_bad_response', 1],
  ['an error in a 200', { body: '{"error":{"code":429,"message":"x"}}' }, 'provider_rate_limited', 3],
  ['an error in a choice', { body: '{"choices":[{"error":{"code":502}}]}' }, 'provider_unavailable', 3],
  ['an event that is no JSON', sse('{"choices":'), 'provider_bad_response', 1],
  ['no event at all', { rawChunks: ['\n'] }, 'provider_truncated', 1],
  ['a stream without a finish', { text: ['Half'], noFinish: true }, 'provider_truncated', 1, 'Half'],
  ['no connection', { cutAfter: -1 }, 'provider_unavailable', 3],
  ['a reset before the answer', { cutAfter: -1, cutWith: 'rst' }, 'provider_unavailable', 3],
  ['a cut before the text', { cutAfter: 0 }, 'provider_unavailable', 3],
  ['a cut in the text', { text: ['Ha', 'lf', 'x'], delayMs: 1, cutAfter: 2 }, 'provider_truncated', 1, 'Half'],
  [
    'a reset in the text',
    { text: ['Half', 'x'], delayMs: 60, cutAfter: 1, cutWith: 'rst' },
    'provider_truncated',
    1,
    'Half',
  ],
  ['a rate limit in the stream', inBand({ code: 429 }), 'provider_rate_limited', 3],
  ['a rate limit after text', inBand({ code: 429 }, ['Half']), 'provider_rate_limited', 1, 'Half'],
  ['a server error in the stream', inBand({ code: 'server_error' }), 'provider_unavailable', 3],
  ['an overload in the stream', inBand({ code: null, type: 'overloaded_error' }), 'provider_unavailable', 3],
  ['a bad key in the stream', inBand({ code: 'invalid_api_key' }), 'provider_auth', 1],
  ['a refusal in the stream', inBand({ code: null, type: 'invalid_request_error' }), 'provider_refused', 1],
  ['a timeout in the stream', inBand({ code: 'timeout', type: null }), 'provider_timeout', 3],
  ['a context error in the stream', inBand({ code: 'context_length_exceeded' }), 'provider_context_length', 1],
  ['an error of an unknown kind', inBand({ code: 'strange', type: null }), 'provider_error', 1],
  ['an error after reasoning', { ...inBand({ code: 500 }), reasoning: ['Hm'] }, 'provider_unavailable', 1],
  ['an error of vLLM', { ...inBand({ code: 500 }), dialect: 'vllm' }, 'provider_unavailable', 3],
  ['a bare error line', { ...inBand({}, ['Half']), dialect: 'ollama' }, 'provider_error', 1, 'Half'],
  ['an error field', { rawChunks: ['error: {"code":503,"type":"unavailable_error"}\n\n'] }, 'provider_unavailable', 3],
  ['an error of Groq', sse('{"choices":[],"x_groq":{"error":"over capacity"}}'), 'provider_error', 1],
  ['the finish reason error', sse('{"choices":[{"delta":{},"finish_reason":"error"}]}'), 'provider_error', 1],
]

describe('each failure has its code, its number of attempts and no word of the upstream', () => {
  test.each(cases)('%s', async (_name, round, code, attempts, text = '') => {
    const before = upstream.requests.length
    upstream.always(round)
    const outcome = await collect(provider)
    const { error } = outcome
    expect(error).toBeInstanceOf(ProviderError)
    expect(error).toMatchObject({ code, attempts, textDelivered: text !== '' })
    expect(outcome).toMatchObject({ text, finish: null })
    expect(upstream.requests.length - before).toBe(attempts)
    expect(`${inspect(error, { depth: 9 })}${JSON.stringify(error)}`).not.toMatch(/UPSTREAM|SECRET/)
  })

  test('nor does the log hold the key or the upstream’s words', () => {
    expect(loggedLines.length).toBeGreaterThan(10)
    expect(loggedLines.join()).not.toMatch(/UPSTREAM|SECRET/)
  })
})

test('nobody listening is unavailable', async () => {
  const gone = await startUpstream()
  await gone.close()
  const lost = openrouter.create(providerOptions(gone.url))
  expect((await collect(lost)).error).toMatchObject({
    code: 'provider_unavailable',
    reason: 'ECONNREFUSED',
    attempts: 3,
  })
  await lost.close()
})

test('a failure that passes is not seen', async () => {
  upstream.plays([status(503), { cutAfter: -1 }, { text: ['Here', ' again'] }])
  const { text, finish } = await collect(provider)
  expect(text).toBe('Here again')
  expect(finish).toMatchObject({ reason: 'stop', attempts: 3 })
})
