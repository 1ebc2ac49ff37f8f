import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Provider } from '../../src/llm/provider.ts'
import { openai } from '../../src/llm/providers/openai.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { collect, providerOptions } from '../support/upstream-calls.ts'

let upstream: Upstream
let provider: Provider
beforeAll(async () => {
  upstream = await startUpstream()
  provider = openai.create(providerOptions(upstream.url))
})
afterAll(async () => {
  await provider.close()
  await upstream.close()
})

const chunk = (content: string) => `{"choices":[{"delta":{"content":${content}}}]}`
const end = '{"choices":[{"delta":{},"finish_reason":"stop"}]}'
const events = (separator: string, ...data: string[]) =>
  data.map((line) => `data: ${line}${separator}${separator}`).join('')

const spelled: [name: string, packets: (string | Buffer)[], text: string][] = [
  ['LF', [events('\n', chunk('"a"'), chunk('"b"'), end, '[DONE]')], 'ab'],
  ['CRLF', [events('\r\n', chunk('"a"'), chunk('"b"'), end, '[DONE]')], 'ab'],
  ['CR', [events('\r', chunk('"a"'), chunk('"b"'), end, '[DONE]')], 'ab'],
  [
    'CRLF cut between its halves',
    [`data: ${chunk('"a"')}\r`, '\n\r', `\ndata: ${end}\r\n\r\n`, 'data: [DONE]\r\n\r\n'],
    'a',
  ],
  ['a byte order mark', [Buffer.from([0xef]), Buffer.from([0xbb, 0xbf]), events('\n', chunk('"a"'), end)], 'a'],
  ['comments and other fields', [`: ping\n\nevent: x\nid: 7\nretry: 5\n${events('\n', chunk('"a"'), end)}`], 'a'],
  ['data in several lines', [`data: {"choices":[\ndata: {"delta":{"content":"a"}}]}\n\n${events('\n', end)}`], 'a'],
  ['no space after the colon', [`data:${chunk('"a"')}\n\ndata:[DONE]\n\n`], 'a'],
  ['empty data', [`data:\n\n${events('\n', chunk('"a"'), end)}`], 'a'],
  ['no blank line after [DONE]', [`${events('\n', chunk('"a"'), end)}data: [DONE]\n`], 'a'],
  ['a surrogate pair in two events', [events('\n', chunk('"\\ud83d"')), events('\n', chunk('"\\ude00!"'), end)], '😀!'],
  ['half a pair at the end', [events('\n', chunk('"a\\ud83d"')), events('\n', end)], 'a\ufffd'],
  ['half a pair in the middle', [events('\n', chunk('"\\ud83d"')), events('\n', chunk('"b"'), end)], '\ufffdb'],
  ['U+0000', [events('\n', chunk('"a\\u0000b"'), end)], 'ab'],
  ['bytes that are no UTF-8', [Buffer.from(events('\n', chunk('"a\xff"'), end), 'latin1')], 'a\ufffd'],
  ['content in parts', [events('\n', chunk('[{"type":"text","text":"a"},{"type":"x"}]'), end)], 'a'],
  ['[DONE] without a finish reason', [events('\n', chunk('"a"'), '[DONE]')], 'a'],
]

describe('however an answer is written, its text is the same', () => {
  test.each(spelled)('%s', async (_name, packets, text) => {
    upstream.plays([{ rawChunks: packets }, { rawChunks: packets, headers: { 'content-type': 'text/plain' } }])
    for (const outcome of [await collect(provider), await collect(provider)]) {
      expect(outcome).toMatchObject({ text, error: null, finish: { reason: 'stop' } })
      expect(outcome.deltas).not.toContain('')
    }
  })

  test('one byte a packet', async () => {
    upstream.plays([{ text: ['Grüße', ' 👩‍👩‍👧‍👦', ' 世界'], bytewise: true }])
    const { text, deltas, finish } = await collect(provider)
    expect(text).toBe('Grüße 👩‍👩‍👧‍👦 世界')
    expect(deltas.every((delta) => delta.isWellFormed())).toBe(true)
    expect(finish).toMatchObject({ reason: 'stop', usage: { promptTokens: 7, completionTokens: 3 } })
  })

  test('a server that ignores stream', async () => {
    upstream.plays([{ json: true, text: ['All at', ' once'], finishReason: 'length' }])
    const { deltas, finish } = await collect(provider)
    expect(deltas).toEqual(['All at once'])
    expect(finish).toMatchObject({ reason: 'length', usage: { promptTokens: 7 } })
  })

  test('an empty answer with a finish reason is complete', async () => {
    upstream.plays([{ text: [] }, { text: [], json: true }])
    expect(await collect(provider)).toMatchObject({ deltas: [], error: null, finish: { reason: 'stop' } })
    expect(await collect(provider)).toMatchObject({ deltas: [], error: null, finish: { reason: 'stop' } })
  })

  test.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['content_filter', 'content_filter'],
    ['function_call', 'tool_calls'],
    ['something_new', 'other'],
  ])('the finish reason %s is %s', async (finishReason, reason) => {
    upstream.plays([{ finishReason }])
    expect((await collect(provider)).finish?.reason).toBe(reason)
  })
})

describe('memory stays bounded', () => {
  const refusal = { text: '', finish: null, error: { code: 'provider_bad_response', attempts: 1 } }

  test('with a line of fifty megabytes', async () => {
    const megabyte = Buffer.alloc(1024 * 1024, 'x')
    upstream.plays([{ rawChunks: ['data: ', ...Array.from({ length: 50 }, () => megabyte)] }])
    const before = process.memoryUsage().rss
    expect(await collect(provider)).toMatchObject({ ...refusal, error: { reason: 'event_too_long' } })
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024)
  })

  test('with an answer without end', async () => {
    const piece = events('\n', chunk(`"${'x'.repeat(500_000)}"`))
    upstream.plays([{ rawChunks: Array.from({ length: 12 }, () => piece) }])
    const { text, error } = await collect(provider)
    expect(error).toMatchObject({ code: 'provider_bad_response', reason: 'answer_too_long', textDelivered: true })
    expect(text.length).toBeLessThanOrEqual(4 * 1024 * 1024)
  })

  test('with a body of JSON without end', async () => {
    upstream.plays([{ status: 200, body: Buffer.alloc(30 * 1024 * 1024, ' ') }])
    expect(await collect(provider)).toMatchObject({ ...refusal, error: { reason: 'answer_too_long' } })
  })
})

test('many answers at once are not mixed', async () => {
  upstream.answers(() => ({ echo: 'last', delayMs: 0 }))
  const questions = Array.from({ length: 64 }, (_, index) => `question ${index} ${'é'.repeat(index)}`)
  const answers = await Promise.all(
    questions.map((content) => collect(provider, { messages: [{ role: 'user', content }] })),
  )
  expect(answers.map(({ text }) => text)).toEqual(questions)
  upstream.answers(() => undefined)
})
