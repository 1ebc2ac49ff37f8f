import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { constants, createBrotliCompress, createGzip, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { fetchAllowing, refusalOf, serve, serveRaw } from './loopback.ts'

const fetch = fetchAllowing(['127.0.0.1'])

describe('a body that is too large', () => {
  test('by its own account is not begun', async () => {
    const origin = await serve((_request, response) => {
      response.setHeader('content-length', '1000001')
      response.write('x')
    })
    expect((await refusalOf(fetch(origin))).code).toBe('too_large')
  })

  test('without an account is stopped while it comes', async () => {
    let sent = 0
    const origin = await serve((_request, response) => {
      const more = () => {
        for (let free = true; free && !response.destroyed; ) {
          free = response.write(Buffer.alloc(65_536))
          sent += 65_536
        }
      }
      response.on('drain', more)
      more()
    })
    expect((await refusalOf(fetch(origin, { maxBytes: 100_000 }))).message).toBe('The answer is larger than 98 KiB.')
    expect(sent).toBeLessThan(50_000_000)
  })

  test.each([
    ['gzip', () => createGzip({ level: 9 })],
    ['br', () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })],
  ])('once it is unpacked (%s) is stopped there', async (encoding, packer) => {
    const origin = await serve((_request, response) => {
      const packing = packer()
      packing.pipe(response.setHeader('content-encoding', encoding))
      response.on('close', () => packing.destroy())
      for (let megabyte = 0; megabyte < 200; megabyte += 1) packing.write(Buffer.alloc(1_000_000))
      packing.end()
    })
    const before = process.memoryUsage().arrayBuffers
    expect((await refusalOf(fetch(origin))).code).toBe('too_large')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(300_000_000)
  })

  test('of packed bytes that unpack to nothing is stopped too', async () => {
    const nothing = Buffer.concat(Array.from({ length: 5000 }, () => gzipSync('')))
    const origin = await serve((_request, response) => response.setHeader('content-encoding', 'gzip').end(nothing))
    expect((await refusalOf(fetch(origin, { maxBytes: 50_000 }))).code).toBe('too_large')
  })
})

describe('a broken answer', () => {
  test.each([
    ['a body shorter than it says', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort'],
    ['chunks that end in the middle', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a length and an encoding', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['nothing', ''],
    ['gzip that is none', 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello'],
  ])('with %s is unreachable', async (_what, bytes) => {
    const origin = await serveRaw((socket) => socket.end(bytes))
    expect((await refusalOf(fetch(origin))).code).toBe('unreachable')
  })

  test('with more than it says is cut at its length, and the rest is not another answer', async () => {
    const bytes = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'
    const origin = await serveRaw((socket) => socket.end(bytes))
    expect((await fetch(origin)).body.toString()).toBe('ok')
  })

  test('in an encoding that was not asked for is refused', async () => {
    for (const encoding of ['deflate', 'gzip, gzip', 'zstd']) {
      const origin = await serve((_request, response) => response.setHeader('content-encoding', encoding).end('x'))
      expect((await refusalOf(fetch(origin))).code).toBe('content_type')
    }
  })

  test('with headers without end is stopped', async () => {
    const origin = await serveRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const more = () => {
        while (!socket.destroyed && socket.write(`X-More: ${'x'.repeat(1000)}\r\n`));
      }
      socket.on('drain', more)
      more()
    })
    expect((await refusalOf(fetch(origin))).code).toBe('too_large')
  })

  test('over TLS with a certificate nobody signed is unreachable', async () => {
    const server = createTlsServer({}, (_request, response) => response.end())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    expect((await refusalOf(fetch(`https://127.0.0.1:${port}`))).code).toBe('unreachable')
    server.close()
  })
})

describe('a slow server', () => {
  test.each([
    ['says nothing', () => undefined],
    ['drips its headers', (write: (text: string) => void) => drip(write, 'HTTP/1.1 200 OK\r\nX-Slow: ', 'x')],
    ['drips its body', (write: (text: string) => void) => drip(write, 'HTTP/1.1 200 OK\r\n\r\n', 'x')],
    ['sends interim answers', (write: (text: string) => void) => drip(write, '', 'HTTP/1.1 103 Early Hints\r\n\r\n')],
  ])('that %s is left when the time is over', async (_what, behave) => {
    const origin = await serveRaw((socket) => behave((text) => !socket.destroyed && socket.write(text)))
    const before = performance.now()
    expect((await refusalOf(fetch(origin, { timeoutMs: 400 }))).code).toBe('timeout')
    expect(performance.now() - before).toBeLessThan(1000)
  })

  test('that falls silent in the middle is left before the time is over', async () => {
    const origin = await serveRaw((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'))
    const before = performance.now()
    expect((await refusalOf(fetch(origin, { timeoutMs: 15_000, idleTimeoutMs: 500 }))).code).toBe('timeout')
    expect(performance.now() - before).toBeLessThan(4000)
  })

  test('whose handshake never ends is left when the time is over', async () => {
    const origin = await serveRaw(() => undefined)
    const before = performance.now()
    expect((await refusalOf(fetch(origin.replace('http:', 'https:'), { timeoutMs: 400 }))).code).toBe('timeout')
    expect(performance.now() - before).toBeLessThan(1000)
  })

  test('and a name server that never answers holds nobody beyond the time', async () => {
    const silent = fetchAllowing([], () => new Promise(() => undefined))
    expect((await refusalOf(silent('http://silent.example/', { timeoutMs: 200 }))).code).toBe('timeout')
  })
})

function drip(write: (text: string) => void, start: string, more: string): void {
  write(start)
  const timer = setInterval(() => write(more), 50)
  setTimeout(() => clearInterval(timer), 2000)
}
