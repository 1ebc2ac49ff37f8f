import type { IncomingHttpHeaders } from 'node:http'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { parseAllowList } from '../../src/platform/outbound/allow-list.ts'
import { createGuardedFetch } from '../../src/platform/outbound/fetch-guarded.ts'
import { fetchAllowing, refusalOf, serve } from './loopback.ts'

const fetch = fetchAllowing(['127.0.0.1'])

describe('an answer', () => {
  test('comes with its bytes, its type and a few headers', async () => {
    const origin = await serve((_request, response) => {
      response.setHeader('set-cookie', 'a=1').setHeader('server', 'x').setHeader('etag', '"1"')
      response.setHeader('content-type', 'Text/HTML; charset=utf-8').end('<p>hello')
    })
    expect(await fetch(`${origin}/a b?q=ü#part`)).toEqual({
      url: `${origin}/a%20b?q=%C3%BC`,
      status: 200,
      headers: { 'content-type': 'Text/HTML; charset=utf-8', etag: '"1"' },
      contentType: 'text/html',
      body: Buffer.from('<p>hello'),
      truncated: false,
    })
  })

  test.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ])('in %s is decompressed', async (encoding, compress) => {
    const origin = await serve((_request, response) =>
      response.setHeader('content-encoding', encoding).end(compress('text '.repeat(1000))),
    )
    expect((await fetch(origin, { maxBytes: 5000 })).body.toString()).toBe('text '.repeat(1000))
  })

  test('of a type that was not asked for is not read', async () => {
    let hasSentAll = false
    const origin = await serve((_request, response) => {
      response.on('finish', () => (hasSentAll = true)).setHeader('content-type', 'video/mp4')
      response.write('x')
    })
    const refusal = await refusalOf(fetch(origin, { accept: ['text/*', 'application/pdf'] }))
    expect([refusal.code, refusal.message, hasSentAll]).toEqual([
      'content_type',
      'This is video/mp4, which cannot be read.',
      false,
    ])
    expect((await refusalOf(fetch(await serve((_, response) => response.end()), { accept: ['text/*'] }))).code).toBe(
      'content_type',
    )
  })

  test('other than 2xx is refused, with its status and when to come back', async () => {
    const origin = await serve((_request, response) => response.writeHead(503, { 'retry-after': '7' }).end('secret'))
    const refusal = await refusalOf(fetch(origin))
    expect(refusal).toMatchObject({ code: 'http_status', status: 503, retryAfterMs: 7000 })
    expect(refusal.message).not.toContain('secret')
  })

  test('304 counts where the request was conditional, and only there', async () => {
    let asked: IncomingHttpHeaders = {}
    const origin = await serve((request, response) => {
      asked = request.headers
      response.writeHead(304, { etag: '"1"' }).end()
    })
    const date = 'Mon, 23 Nov 2026 12:00:00 GMT'
    expect(await fetch(origin, { etag: '"1"', lastModified: date })).toMatchObject({
      status: 304,
      headers: { etag: '"1"' },
    })
    expect(asked).toMatchObject({ 'if-none-match': '"1"', 'if-modified-since': date })
    expect(await refusalOf(fetch(origin))).toMatchObject({ code: 'http_status', status: 304 })
  })
})

describe('a request', () => {
  test('tells the server nothing but what it was given', async () => {
    let asked: IncomingHttpHeaders = {}
    const origin = await serve((request, response) => {
      asked = request.headers
      response.setHeader('content-type', 'text/plain').end()
    })
    await fetch(origin, { accept: ['text/html', 'text/*'], userAgent: 'Reader/2' })
    expect(asked).toEqual({
      host: origin.slice('http://'.length),
      connection: 'close',
      'user-agent': 'Reader/2',
      accept: 'text/html, text/*',
      'accept-encoding': 'gzip, br',
    })
  })

  test.each([
    ['not a url', 'nonsense'],
    ['another protocol', 'ftp://example.com/'],
    ['a file', 'file:///etc/passwd'],
    ['data', 'data:text/html,hello'],
    ['a password', 'http://user:secret@example.com/'],
    ['a user name', 'http://user@example.com/'],
    ['no host', 'http:///'],
    ['empty labels', 'http://example..com/'],
    ['a dot alone', 'http://./'],
    ['a zone', 'http://[fe80::1%25lo]/'],
    ['a port below 1024', 'http://example.com:22/'],
    ['a length without end', `http://example.com/${'a'.repeat(5000)}`],
  ])('for %s is refused before anything is asked', async (_what, url) => {
    const guarded = fetchAllowing([], () => Promise.reject(new Error('a name server was asked')))
    expect((await refusalOf(guarded(url))).code).toBe('bad_url')
  })

  test('goes to ports 80 and 443 alone where the operator opens no others', async () => {
    const origin = await serve((_request, response) => response.end())
    const narrow = createGuardedFetch({
      allow: parseAllowList(['127.0.0.1']),
      ports: [
        [80, 80],
        [443, 443],
      ],
    })
    const request = { maxBytes: 1, timeoutMs: 1000, accept: ['*/*'], userAgent: 'Test/1' }
    expect((await refusalOf(narrow(origin, request))).code).toBe('bad_url')
    expect((await refusalOf(narrow('http://127.0.0.1:80/', request))).code).toBe('unreachable')
  })

  test('cannot be given a second header or line', async () => {
    const requests: string[] = []
    const origin = await serve((request, response) => {
      requests.push(`${request.method} ${request.url} ${request.headers['x-injected']}`)
      response.end()
    })
    await fetch(`${origin}/a\r\nX-Injected: 1\r\n\r\nGET /b%0d%0aX-Injected:%201`)
    for (const value of ['"1"\r\nX-Injected: 1', '"\0"', '"1"\n'])
      await expect(fetch(origin, { etag: value })).rejects.toThrow(TypeError)
    await expect(fetch(origin, { userAgent: 'a\r\nX-Injected: 1' })).rejects.toThrow(TypeError)
    expect(requests).toEqual(['GET /aX-Injected:%201GET%20/b%0d%0aX-Injected:%201 undefined'])
  })

  test('ends with the reason of its signal', async () => {
    const controller = new AbortController()
    const origin = await serve((_request, response) => {
      response.write('x')
      controller.abort(new Error('no longer wanted'))
    })
    await expect(fetch(origin, { signal: controller.signal })).rejects.toThrow('no longer wanted')
    await expect(fetch(origin, { signal: controller.signal })).rejects.toThrow('no longer wanted')
  })

  test('finds names of the hosts file where the operator has opened them, and no others', async () => {
    const origin = (await serve((_request, response) => response.end('x'))).replace('127.0.0.1', 'localhost')
    expect((await fetchAllowing(['LocalHost'])(origin)).status).toBe(200)
    expect((await refusalOf(fetchAllowing([])(origin))).code).toMatch(/unreachable|blocked_address/)
  })

  test('for a name nobody knows is unreachable, and so is a closed port', async () => {
    const unknown = fetchAllowing([], () => Promise.reject(new Error('queryA ENOTFOUND')))
    expect((await refusalOf(unknown('http://nowhere.example/'))).code).toBe('unreachable')
    expect((await refusalOf(fetchAllowing([], () => Promise.resolve([]))('http://empty.example/'))).code).toBe(
      'unreachable',
    )
    expect((await refusalOf(fetch('http://127.0.0.1:1025/'))).code).toBe('unreachable')
  })
})
