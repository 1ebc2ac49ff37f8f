import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { App } from '../../src/platform/http/app.ts'
import { registerDocs } from '../../src/platform/http/openapi.ts'
import { registerWebApp } from '../../src/platform/http/web-app.ts'
import { startBareApp } from './bare-app.ts'

const page = '<!doctype html><title>The app</title>'
const script = 'export const answer = 42\n'.repeat(100)

let app: App
let url: string
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'web-app-test-'))
  const dist = join(folder, 'dist')
  await mkdir(join(dist, 'assets'), { recursive: true })
  await writeFile(join(folder, 'secret.txt'), 'secret')
  await writeFile(join(dist, 'index.html'), page)
  await writeFile(join(dist, 'start.js'), '// first')
  await writeFile(join(dist, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  await writeFile(join(dist, 'assets', 'app-1a2b.js'), script)
  await writeFile(join(dist, 'assets', 'app-1a2b.js.br'), brotliCompressSync(script))
  await writeFile(join(dist, 'assets', 'app-1a2b.js.gz'), gzipSync(script))
  await writeFile(join(dist, 'assets', 'plain-3c4d.css'), 'p {}')
  ;({ app, url } = await startBareApp(async (bare) => {
    await registerDocs(bare)
    await registerWebApp(bare, dist)
  }))
})

afterAll(async () => {
  await app.close()
  await rm(folder, { recursive: true })
})

test.each(['/', '/app', '/app/', '/app/chat/1/2', '/app/any/depth/at%20all?next=/x'])(
  '%s is the page',
  async (path) => {
    const response = await fetch(url + path)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(response.headers.get('cache-control')).toBe('no-cache')
    expect(await response.text()).toBe(page)
  },
)

test('the page runs its own scripts and styles, talks to this server, and nothing else', async () => {
  const { headers } = await fetch(`${url}/app`)
  expect(headers.get('content-security-policy')?.split('; ')).toEqual([
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "trusted-types 'none'",
    "require-trusted-types-for 'script'",
  ])
  expect(headers.get('x-content-type-options')).toBe('nosniff')
})

test.each([
  ['br', brotliDecompressSync],
  ['gzip', gunzipSync],
] as const)('an asset is kept for good and sent as the %s that was made with it', async (encoding, unpack) => {
  const { status, headers, body } = await get('/assets/app-1a2b.js', { 'accept-encoding': encoding })
  expect(status).toBe(200)
  expect(headers).toMatchObject({
    'cache-control': 'public, max-age=31536000, immutable',
    'content-encoding': encoding,
    'content-type': 'application/javascript; charset=utf-8',
    vary: expect.stringContaining('accept-encoding'),
  })
  expect(body.length).toBeLessThan(script.length / 4)
  expect(unpack(body).toString()).toBe(script)
})

test('an asset without a smaller twin, and one for a client that takes none, are sent as they are', async () => {
  const plain = await get('/assets/plain-3c4d.css', { 'accept-encoding': 'br, gzip' })
  expect([plain.status, plain.headers['content-encoding'], plain.body.toString()]).toEqual([200, undefined, 'p {}'])
  const whole = await get('/assets/app-1a2b.js')
  expect([whole.status, whole.headers['content-encoding'], whole.body.toString()]).toEqual([200, undefined, script])
})

test('HEAD tells what GET would send', async () => {
  const answers = await Promise.all(['/', '/app/x', '/assets/plain-3c4d.css'].map((path) => get(path, {}, 'HEAD')))
  expect(answers.map(({ status, body }) => [status, body.length])).toEqual(Array(3).fill([200, 0]))
  expect(answers.map(({ headers }) => headers['content-length'])).toEqual([`${page.length}`, `${page.length}`, '4'])
})

test('the files beside the page are asked for anew each time', async () => {
  const answers = await Promise.all(['/start.js', '/favicon.svg'].map((path) => fetch(url + path)))
  expect(answers.map(({ headers }) => headers.get('content-type'))).toEqual([
    'application/javascript; charset=utf-8',
    'image/svg+xml',
  ])
  expect(answers.map(({ headers }) => headers.get('cache-control'))).toEqual(Array(2).fill('public, max-age=0'))
})

test.each(['/assets/gone-5e6f.js', '/assets/', '/assets/.stamp', '/index.html', '/nothing'])(
  '%s is a 404 problem, not the page',
  async (path) => {
    const response = await fetch(url + path)
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
    expect(await response.json()).toMatchObject({ code: 'not_found' })
  },
)

test('nothing outside the folder of assets can be had', async () => {
  const ways = [
    '../index.html',
    '..%2findex.html',
    '%2e%2e/%2e%2e/secret.txt',
    '..%5c..%5csecret.txt',
    '%2e%2e%2f.stamp',
  ]
  for (const way of [...ways, '....//secret.txt', 'x/../../../secret.txt', '%00', '/etc/passwd']) {
    const { status, body } = await get(`/assets/${way}`)
    expect([way, status >= 400 && status < 500, /secret\n?$|The app|root:/.test(body.toString())]).toEqual([
      way,
      true,
      false,
    ])
  }
})

test('the documentation stays where it is', async () => {
  const response = await fetch(`${url}/docs`)
  expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('swagger')])
})

test.each([undefined, '/nowhere/at/all'])('without a build (%s) the root leads to the documentation', async (dir) => {
  const bare = await startBareApp((it) => registerWebApp(it, dir))
  const [root, page] = await Promise.all(['/', '/app'].map((path) => fetch(bare.url + path, { redirect: 'manual' })))
  expect([root?.status, root?.headers.get('location')]).toEqual([302, '/docs'])
  expect(page?.status).toBe(404)
  await bare.app.close()
})

/** As it goes over the wire: `fetch` tidies addresses and unpacks bodies. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const { hostname, port } = new URL(url)
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers }, async (response) => {
      const body = Buffer.concat(await response.toArray())
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
    })
    sent.on('error', reject).end()
  })
}
