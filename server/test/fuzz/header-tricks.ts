import type { Random } from '../../torture/random.ts'
import type { FuzzRequest } from './fuzz-request.ts'

const longest = 'x'.repeat(20_000)
const noAlgorithm = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"1"}').toString('base64url')}.`

/** Values that are tried for each header; `null` leaves it out. */
const tricks: Record<string, (string | null)[]> = {
  authorization: [
    null,
    '',
    'Bearer',
    'Bearer ',
    'Bearer x',
    'Basic dXNlcjpwYXNz',
    `Bearer ${noAlgorithm}`,
    'Bearer a.b.c',
    '\xff',
  ],
  'content-type': [
    null,
    'text/plain',
    'application/xml',
    'multipart/form-data',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-16',
    'APPLICATION/JSON',
    'application/json;',
    'application/x-www-form-urlencoded',
    'nonsense',
  ],
  accept: ['text/event-stream', 'text/html', '*/*;q=0', 'nonsense', '\xff'],
  'idempotency-key': ['fixed', 'k'.repeat(200), 'k'.repeat(201), 'with space', '\xff', ''],
  prefer: ['respond-async', 'respond-async; wait=10', 'return=minimal', 'respond-async, respond-async'],
  'last-event-id': ['5', '-1', '1e308', 'NaN', '9007199254740993', ''],
  origin: ['https://evil.example', 'null', '\xff'],
  cookie: ['refresh_token=x', 'a=b; ; =; __proto__=1', 'refresh_token=%00%ff', '\xff'],
  'content-encoding': ['gzip', 'br', 'nonsense'],
  'x-forwarded-for': ['127.0.0.1', "'; DROP TABLE users; --", '::1, 10.0.0.1'],
  'x-http-method-override': ['DELETE'],
  'x-original-url': ['/users/me'],
  'x-workspace-id': ['00000000-0000-0000-0000-000000000000'],
  'x-request-id': ["'; --", 'x'.repeat(500)],
  'if-none-match': ['*'],
  range: ['bytes=0-1', 'bytes=9-1'],
  host: ['evil.example', 'evil.example:99999', ''],
}

/** The request with one header changed, doubled, or far too long. */
export function headerTrick(random: Random, request: FuzzRequest): FuzzRequest {
  if (random.next() < 0.04) {
    return { ...request, headers: [...request.headers, 'x-long', longest], isValid: false, isOversized: true }
  }
  const name = random.oneOf(Object.keys(tricks)) ?? 'accept'
  const value = random.oneOf(tricks[name] ?? []) ?? null
  const isDoubled = random.next() < 0.2
  const kept = isDoubled ? request.headers : without(request.headers, name)
  const headers = value === null ? kept : [...kept, name, value]
  return { ...request, headers, isValid: false }
}

function without(headers: string[], name: string): string[] {
  return headers.filter((_, index) => headers[index - (index % 2)] !== name)
}
