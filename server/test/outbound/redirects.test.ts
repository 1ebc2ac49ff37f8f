import type { IncomingHttpHeaders } from 'node:http'
import { expect, test } from 'vitest'
import { redirectTarget } from '../../src/platform/outbound/target.ts'
import { anyPort, fetchAllowing, refusalOf, serve } from './loopback.ts'

const fetch = fetchAllowing(['127.0.0.1'])

/** Redirects from `/n` to `/n-1`, and answers `/0`. */
const countdown = () =>
  serve((request, response) => {
    const left = Number(request.url?.slice(1))
    if (left === 0) response.end('arrived')
    else response.writeHead([301, 302, 303, 307, 308][left % 5] ?? 302, { location: `/${left - 1}` }).end()
  })

/** Redirects everything there. */
const leadingTo = (location: string) =>
  serve((_request, response) => response.writeHead(302, { location }).end('not read'))

test('a redirect is not followed unless told; the error says where it leads', async () => {
  const origin = await countdown()
  expect(await refusalOf(fetch(`${origin}/1`))).toMatchObject({ code: 'redirect_limit', location: `${origin}/0` })
})

test('up to five are followed, and the answer names the last address', async () => {
  const origin = await countdown()
  const { url, body } = await fetch(`${origin}/5`, { redirects: 5 })
  expect([url, body.toString()]).toEqual([`${origin}/0`, 'arrived'])
  expect((await refusalOf(fetch(`${origin}/6`, { redirects: 99 }))).code).toBe('redirect_limit')
  expect((await refusalOf(fetch(`${origin}/3`, { redirects: 2 }))).code).toBe('redirect_limit')
})

test('a circle ends', async () => {
  const origin = await serve((request, response) => response.writeHead(302, { location: request.url }).end())
  expect((await refusalOf(fetch(`${origin}/circle`, { redirects: 5 }))).code).toBe('redirect_limit')
})

test.each([
  'http://10.0.0.1/',
  'http://2130706434/',
  'http://[::ffff:a9fe:a9fe]/latest/meta-data/',
  '//127.0.0.2/',
  'http://0x7f.0.0.2:8080/',
  'http:\\\\192.168.0.1',
])('a chain that ends at %s is refused', async (location) => {
  const last = await leadingTo(location)
  const first = await leadingTo(`${last}/next`)
  expect((await refusalOf(fetch(first, { redirects: 5 }))).code).toBe('blocked_address')
})

test.each([
  'file:///etc/passwd',
  'gopher://127.0.0.1/',
  'http://user:pass@127.0.0.1/',
  'http://127.0.0.1:25/',
  'http://',
])('a redirect to %s is refused', async (location) => {
  const origin = await leadingTo(location)
  expect((await refusalOf(fetch(origin, { redirects: 5 }))).code).toBe('bad_url')
})

test('a redirect from https to http is refused, within either it is not', () => {
  const secure = new URL('https://example.com/a/b')
  expect(() => redirectTarget('http://example.com/', secure, anyPort)).toThrow('from https to http')
  expect(redirectTarget('c', secure, anyPort).href).toBe('https://example.com/a/c')
  expect(redirectTarget('https://other.example./#x', new URL('http://example.com/'), anyPort).href).toBe(
    'https://other.example/',
  )
})

test('cookies that a hop sets are not sent to the next', async () => {
  let asked: IncomingHttpHeaders = {}
  const origin = await serve((request, response) => {
    asked = request.headers
    if (request.url === '/') response.writeHead(302, { location: '/next', 'set-cookie': 'a=1; Path=/' })
    response.end()
  })
  await fetch(origin, { redirects: 1 })
  expect(Object.keys(asked)).toEqual(['host', 'connection', 'user-agent', 'accept', 'accept-encoding'])
})

test('the time limit holds for all hops together', async () => {
  const origin = await serve((request, response) => {
    setTimeout(() => response.writeHead(302, { location: `${request.url}x` }).end(), 200)
  })
  const before = performance.now()
  expect((await refusalOf(fetch(origin, { redirects: 5, timeoutMs: 500 }))).code).toBe('timeout')
  expect(performance.now() - before).toBeLessThan(900)
})
