import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { contract } from '@chatbot-platform/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { App } from '../../src/platform/http/app.ts'
import { route } from '../../src/platform/http/route.ts'
import { knownToken, startBareApp } from '../http/bare-app.ts'

// What SECURITY.md says about requests that are meant to do harm.
let app: App
let url: string
const names: unknown[] = []
const received: { authorization: string | undefined; url: string }[] = []

beforeAll(async () => {
  const bare = await startBareApp(
    (given) => {
      route(given, contract.health.live, () => ({ status: 'live' as const }))
      route(given, contract.projects.create, ({ body, request }) => {
        names.push(body.name)
        received.push({ authorization: request.headers.authorization, url: request.url })
        return { ...project, name: body.name }
      })
    },
    { headersMs: 300, requestMs: 600, checkMs: 50 },
  )
  app = bare.app
  url = bare.url
})
afterAll(() => app.close())

const project = {
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  ...{ description: null, provider: null, model: null, temperature: null, max_tokens: null, fallbacks: [] },
  grounding: 'open' as const,
  ...{ active_prompt_id: null, created_at: '2026-01-31T12:00:00.000Z', updated_at: '2026-01-31T12:00:00.000Z' },
}
const credentials = `Authorization: Bearer ${knownToken}\r\nContent-Type: application/json\r\n`
const opening = `POST /projects HTTP/1.1\r\nHost: x\r\n${credentials}`

describe('a slow sender', () => {
  test.each([
    ['of headers', 'GET /health/live HTTP/1.1\r\nHost: x\r\n', 'X-Slow: 1\r\n'],
    ['of a body', `${opening}Content-Length: 1000\r\n\r\n`, ' '],
    ['of a chunked body', `${opening}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n'],
    ['of nothing at all', '', ''],
  ])('%s is cut off, however steadily it goes on', async (_, start, more) => {
    const startedAt = performance.now()
    const answer = await drip(start, more)
    expect(answer).toMatch(/^HTTP\/1\.1 400 .*"code":"malformed_request"/s)
    expect(performance.now() - startedAt).toBeLessThan(2500)
  })

  test('holds up nobody else', async () => {
    const slow = Array.from({ length: 200 }, () => drip('GET /health/live HTTP/1.1\r\nHost: x\r\n', 'X-Slow: 1\r\n'))
    const startedAt = performance.now()
    const response = await fetch(`${url}/health/live`)
    expect([response.status, performance.now() - startedAt < 500]).toEqual([200, true])
    await Promise.all(slow)
  })
})

describe('a body', () => {
  test('over the limit is refused while it comes, whether or not it tells its length', async () => {
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
    expect(await raw(`${opening}Content-Length: 99999999\r\n\r\n{`)).toMatch(/^HTTP\/1\.1 413 .*"too_large"/s)
    expect(await raw(`${opening}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(20)}`)).toMatch(/^HTTP\/1\.1 413 /)
  })

  test.each([
    ['in a field that nobody knows', 201, (deep: string) => `{"name":"A","extra":${deep}}`],
    ['in place of a name', 422, (deep: string) => `{"name":${deep}}`],
    ['in place of an object', 422, (deep: string) => deep],
  ])('nested half a million deep %s is answered in no time', async (_, status, bodyOf) => {
    const depth = 500_000
    const startedAt = performance.now()
    expect((await post(bodyOf('['.repeat(depth) + ']'.repeat(depth)))).status).toBe(status)
    expect(performance.now() - startedAt).toBeLessThan(1500)
  })

  test.each(['{"__proto__":{"name":"A"}}', '{"name":"A","constructor":{"prototype":{"admin":true}}}'])(
    'that reaches for a prototype is refused: %s',
    async (body) => {
      expect((await post(body)).status).toBe(400)
      expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false)
    },
  )

  test('with a field twice has the last of them, as every JSON parser of the platform reads it', async () => {
    expect((await post('{"name":"First","name":"Last"}')).status).toBe(201)
    expect(names.at(-1)).toBe('Last')
  })
})

describe('a request that two servers could read in two ways', () => {
  const body = '{"name":"A"}'
  test.each([
    ['two lengths', `Content-Length: ${body.length}\r\nContent-Length: 5\r\n`],
    ['a length and an encoding', `Content-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n`],
    ['an encoding that is not the last', 'Transfer-Encoding: chunked, identity\r\n'],
    ['an unknown encoding', 'Transfer-Encoding: xchunked\r\n'],
    ['a blank before the colon', `Content-Length : ${body.length}\r\n`],
    ['a folded header', `Content-Length: ${body.length}\r\nX-Folded: a\r\n b\r\n`],
    ['a length that is no number', 'Content-Length: 1e1\r\n'],
    ['a length below zero', 'Content-Length: -1\r\n'],
    ['a NUL in a header', `Content-Length: ${body.length}\r\nX-Nul: a\0b\r\n`],
    ['a bare carriage return', `Content-Length: ${body.length}\r\nX-Return: a\rContent-Length: 0\r\n`],
  ])('with %s is refused and its connection closed', async (_, headers) => {
    const count = names.length
    const answer = await raw(`${opening}${headers}\r\n${body}GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect([answer.match(/HTTP\/1\.1/g)?.length, names.length]).toEqual([1, count])
  })

  test('without a host is refused', async () => {
    expect(await raw('GET /health/live HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('with credentials twice acts with the first, never with both', async () => {
    const headers = `${opening}Authorization: Bearer another\r\nContent-Length: ${body.length}\r\nConnection: close\r\n`
    expect(await raw(`${headers}\r\n${body}`)).toMatch(/^HTTP\/1\.1 201 /)
    expect(received.at(-1)?.authorization).toBe(`Bearer ${knownToken}`)
    const swapped = `POST /projects HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer another\r\n${credentials}`
    expect(await raw(`${swapped}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`)).toMatch(/ 401 /)
  })

  test.each(['TRACE', 'CONNECT', 'DEBUG'])('with the method %s is not acted on', async (method) => {
    const answer = await raw(`${method} /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    expect(answer).not.toMatch(/^HTTP\/1\.1 2/)
  })

  test.each(['/%', '/%00', '/..%2f..%2fetc/passwd', '/assets/../../package.json', '//evil.example/projects'])(
    'to %s leads nowhere',
    async (path) => {
      const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      expect(answer).toMatch(/^HTTP\/1\.1 40[04] /)
    },
  )
})

async function post(body: string): Promise<Response> {
  const headers = { authorization: `Bearer ${knownToken}`, 'content-type': 'application/json' }
  return fetch(`${url}/projects`, { method: 'POST', headers, body })
}

/** Sends these bytes and reads until the server closes. */
function raw(request: string): Promise<string> {
  const { socket, closed } = open()
  socket.write(request, 'latin1')
  return closed
}

/** Sends a little more every 50 ms, until the server closes. */
async function drip(start: string, more: string): Promise<string> {
  const { socket, closed } = open()
  socket.write(start)
  while (!socket.destroyed && !socket.readableEnded) {
    await sleep(50)
    if (socket.writable && more !== '') socket.write(more)
  }
  return closed
}

function open() {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('latin1')
  let answer = ''
  socket.on('data', (part) => {
    answer += part
  })
  // What was still being sent when the server closed.
  socket.on('error', () => undefined)
  const closed = new Promise<string>((resolve) => socket.on('close', () => resolve(answer)))
  return { socket, closed }
}
