import { chunk, complete, event, type Fault, failed, finish, streamOf } from './fault.ts'

function status(code: number, headers: Record<string, string> = {}) {
  return { status: code, headers, body: '{"error":{"message":"UPSTREAM-WORDS"}}' }
}

/** Status codes, with and without `Retry-After`. */
export const statusFaults: Fault[] = [
  failed('provider_refused', '400', status(400)),
  failed('provider_auth', '401', status(401)),
  failed('provider_refused', '402', status(402)),
  failed('provider_auth', '403', status(403)),
  failed('provider_model_not_found', '404', status(404)),
  failed('provider_timeout', '408', status(408)),
  failed('provider_refused', '409', status(409)),
  failed('provider_refused', '413', status(413)),
  failed('provider_refused', '418', status(418)),
  failed('provider_refused', '422', status(422)),
  failed('provider_unavailable', '500', status(500)),
  failed('provider_unavailable', '502 with a page of a proxy', {
    status: 502,
    headers: { 'content-type': 'text/html' },
    body: '<html><h1>502 Bad Gateway</h1></html>',
  }),
  failed('provider_unavailable', '503', status(503)),
  failed('provider_unavailable', '504', status(504)),
  failed('provider_unavailable', '529', status(529)),
  failed('provider_rate_limited', '429 with a long Retry-After', status(429, { 'retry-after': '120' }), '', {
    retryAfter: '120',
  }),
  failed('provider_unavailable', '503 with a long Retry-After', status(503, { 'retry-after': '77' }), '', {
    retryAfter: '77',
  }),
  failed('provider_rate_limited', '429 without Retry-After', status(429)),
  complete('429 without Retry-After, then an answer', [status(429), {}], 'Hello there.'),
  complete('429 with a short Retry-After, then an answer', [status(429, { 'retry-after': '1' }), {}], 'Hello there.'),
  failed('provider_unavailable', '503 with a Retry-After that is no time', status(503, { 'retry-after': 'soon' })),
  complete('503 once, then an answer', [status(503), {}], 'Hello there.'),
  complete('503 with a short Retry-After, then an answer', [status(503, { 'retry-after': '1' }), {}], 'Hello there.'),
]

/** Redirects are not followed: the key and the conversation would go to whoever is named. */
export const redirectFaults: Fault[] = [301, 302, 303, 307, 308].map((code) =>
  failed('provider_bad_response', `${code}`, { status: code, headers: { location: '/v2/chat/completions' }, body: '' }),
)

/** Silence, at every point of an answer. */
export const silenceFaults: Fault[] = [
  failed('provider_timeout', 'no answer', { hang: true }),
  failed('provider_timeout', 'headers alone', { hang: 'headers' }),
  failed('provider_timeout', 'a role and no text', { hang: 0 }),
  failed('provider_timeout', 'silence after one piece', { hang: 1 }, 'Hello'),
  failed('provider_timeout', 'silence after two pieces', { hang: 2 }, 'Hello there'),
  failed('provider_timeout', 'comments for ever', {
    rawChunks: Array.from({ length: 100 }, () => ': still here\n\n'),
    delayMs: 50,
    stayOpen: true,
  }),
  complete('silence after the finish reason', { noDone: true, stayOpen: true }, 'Hello there.'),
  complete('an open connection after [DONE]', { stayOpen: true }, 'Hello there.'),
]

/** Connections that end too soon, in order (FIN) or not (RST). */
export const cutFaults: Fault[] = (['fin', 'rst'] as const).flatMap((cutWith) => [
  failed('provider_unavailable', `${cutWith} before the headers`, { cutAfter: -1, cutWith }),
  failed('provider_unavailable', `${cutWith} before any text`, { cutAfter: 0, delayMs: 20, cutWith }),
  failed('provider_truncated', `${cutWith} after one piece`, { cutAfter: 1, delayMs: 20, cutWith }, 'Hello'),
  failed('provider_truncated', `${cutWith} after two pieces`, { cutAfter: 2, delayMs: 20, cutWith }, 'Hello there'),
])

/** Answers that end in order and say too little. */
export const endingFaults: Fault[] = [
  failed('provider_truncated', 'no finish reason and no [DONE]', { noFinish: true }, 'Hello there.'),
  failed('provider_truncated', 'an empty stream', { rawChunks: [] }),
  failed('provider_truncated', 'text without an end', streamOf(chunk('"a"'), chunk('"b"')), 'ab'),
  complete('[DONE] without a finish reason', streamOf(chunk('"a"'), '[DONE]'), 'a'),
  complete('a finish reason without [DONE]', { noDone: true }, 'Hello there.'),
  complete('an empty answer', { text: [] }, ''),
  complete('[DONE] twice', streamOf(chunk('"a"'), finish, '[DONE]', '[DONE]'), 'a'),
  complete('text after [DONE]', streamOf(chunk('"a"'), finish, '[DONE]', chunk('"b"'), '[DONE]'), 'a'),
]

/** Error objects in the middle of a stream, as three dialects write them. */
export const inBandFaults: Fault[] = (['openai', 'openrouter', 'vllm'] as const).flatMap((dialect) => [
  failed('provider_unavailable', `${dialect}: before any text`, {
    dialect,
    errorAfter: 0,
    error: { type: 'server_error', code: dialect === 'openai' ? 'server_error' : 502 },
  }),
  failed(
    'provider_unavailable',
    `${dialect}: after two pieces`,
    { dialect, errorAfter: 2, error: { type: 'server_error', code: dialect === 'openai' ? 'server_error' : 502 } },
    'Hello there',
  ),
  failed(
    'provider_rate_limited',
    `${dialect}: a limit after one piece`,
    { dialect, errorAfter: 1, error: { type: 'rate_limit_exceeded', code: 429 } },
    'Hello',
  ),
])

/** A status of 200 and no answer. */
export const bodyFaults: Fault[] = [
  failed('provider_error', 'an error object', { status: 200, body: '{"error":{"message":"UPSTREAM-WORDS"}}' }),
  failed('provider_auth', 'an error object with a code', {
    status: 200,
    body: '{"error":{"message":"No auth","code":401}}',
  }),
  failed('provider_bad_response', 'a page', {
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: '<!doctype html><title>Welcome</title>',
  }),
  failed('provider_bad_response', 'half an object', { status: 200, body: '{"choices":[{"message":' }),
  failed('provider_bad_response', 'an empty body', { status: 200, body: '' }),
  failed('provider_bad_response', 'a list', { status: 200, body: '[]' }),
  failed('provider_bad_response', 'an object of another kind', { status: 200, body: '{"object":"list","data":[]}' }),
  failed('provider_bad_response', 'an event that is not JSON', streamOf(chunk('"a"'), '{"choices":[{', finish), 'a'),
  failed('provider_bad_response', 'an event that is a number', streamOf(chunk('"a"'), '5', finish), 'a'),
  complete('choices that are none', streamOf('{"choices":7}', '{"choices":[null]}', chunk('"a"'), finish), 'a'),
  complete('content that is no text', streamOf(chunk('5'), chunk('null'), chunk('"a"'), finish), 'a'),
]

const nonsense: [name: string, usage: string, tokens: [number | null, number | null]][] = [
  ['negative counts', '{"prompt_tokens":-1,"completion_tokens":-5}', [null, null]],
  ['strings', '{"prompt_tokens":"7","completion_tokens":"many"}', [null, null]],
  ['1e300', '{"prompt_tokens":1e300,"completion_tokens":1e300}', [null, null]],
  ['fractions', '{"prompt_tokens":7.5,"completion_tokens":3}', [null, 3]],
  ['more than a column holds', '{"prompt_tokens":3000000000,"completion_tokens":9007199254740991}', [null, null]],
  ['a list', '[1,2,3]', [null, null]],
  ['a nested object', '{"prompt_tokens":{"total":7},"completion_tokens":null}', [null, null]],
  ['a cost without end', '{"prompt_tokens":1,"completion_tokens":2,"cost":1e999}', [1, 2]],
]

/** What is said about an answer makes no sense; the answer itself does. */
export const nonsenseFaults: Fault[] = [
  ...nonsense.map(([name, usage, tokens]) =>
    complete(`usage: ${name}`, streamOf(chunk('"a"'), finish, `{"choices":[],"usage":${usage}}`, '[DONE]'), 'a', {
      tokens,
    }),
  ),
  complete('a model name with U+0000', streamOf(`{"model":"m\\u0000","choices":[]}`, chunk('"a"'), finish), 'a'),
  complete('a model name that is half a character', streamOf(`{"model":"m\\ud83d","choices":[]}`, finish), ''),
  complete('a model name of 200,000 characters', { model: 'm'.repeat(200_000) }, 'Hello there.'),
  complete('a finish reason nobody knows', { finishReason: 'tired' }, 'Hello there.'),
]

const separated = (separator: string) =>
  [chunk('"a"'), chunk('"😀"'), finish, '[DONE]'].map((data) => `data: ${data}${separator}${separator}`).join('')

/** The same text, however it is written. */
export const spellingFaults: Fault[] = [
  complete('CRLF', { rawChunks: [separated('\r\n')] }, 'a😀'),
  complete('CR', { rawChunks: [separated('\r')] }, 'a😀'),
  complete(
    'CRLF cut between its halves',
    { rawChunks: [`data: ${chunk('"a"')}\r`, '\n\r', `\ndata: ${finish}\r\n\r`, '\n'] },
    'a',
  ),
  complete(
    'a byte order mark in pieces',
    { rawChunks: [Buffer.from([0xef]), Buffer.from([0xbb, 0xbf]), separated('\n')] },
    'a😀',
  ),
  complete(
    'comments and other fields',
    { rawChunks: [`: ping\n\nevent: x\nid: 7\nretry: 5\n${separated('\n')}`] },
    'a😀',
  ),
  complete(
    'data in several lines',
    { rawChunks: [`data: {"choices":[\ndata: {"delta":{"content":"a"}}]}\n\n${event(finish)}`] },
    'a',
  ),
  complete('one byte a packet, cut within characters', { rawChunks: [separated('\n')], bytewise: true }, 'a😀'),
  complete(
    'one byte a packet, cut within escapes',
    { rawChunks: [event(chunk('"\\ud83d\\ude00"')), event(chunk('"\\u00fc"')), event(finish)], bytewise: true },
    '😀ü',
  ),
  complete('a pair in two events', streamOf(chunk('"\\ud83d"'), chunk('"\\ude00!"'), finish), '😀!'),
  complete('half a pair at the end', streamOf(chunk('"a\\ud83d"'), finish), 'a\ufffd'),
  complete('U+0000', streamOf(chunk('"a\\u0000b"'), finish), 'ab'),
  complete('a server that ignores stream', { json: true }, 'Hello there.'),
]
