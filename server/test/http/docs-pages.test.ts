import { afterAll, beforeAll, expect, test } from 'vitest'
import type { App } from '../../src/platform/http/app.ts'
import { registerDocs } from '../../src/platform/http/openapi.ts'
import { buildOpenApi } from '../../src/platform/http/openapi-document.ts'
import { startBareApp } from './bare-app.ts'

let app: App
let url: string

beforeAll(async () => {
  ;({ app, url } = await startBareApp(registerDocs))
})

afterAll(() => app.close())

test('the document is served as it is built', async () => {
  const response = await fetch(`${url}/openapi.json`)
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  expect(await response.json()).toEqual(buildOpenApi())
})

test.each(['/docs', '/redoc'])('%s takes everything from its own origin', async (path) => {
  const page = await fetch(url + path)
  const html = await page.text()
  const used = [...html.matchAll(/<\w+ [^>]*?(?:src|href|spec-url)="([^"]+)"/g)].map(([, address]) => address ?? '')
  expect(page.headers.get('content-type')).toMatch(/^text\/html/)
  expect(used.length).toBeGreaterThan(2)
  for (const address of used) {
    const file = await fetch(new URL(address, page.url))
    expect([address, new URL(address, page.url).origin, file.status]).toEqual([address, url, 200])
    expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(100)
  }
})

test.each(['/docs', '/redoc'])('the policy of %s allows no foreign source and no evaluated script', async (path) => {
  const { headers } = await fetch(url + path)
  const policy = headers.get('content-security-policy') ?? ''
  const directives = new Map(policy.split('; ').map((directive) => directive.split(/ (.*)/s, 2) as [string, string]))
  expect(directives.get('default-src')).toBe("'none'")
  expect(directives.get('script-src')).toBe("'self'")
  expect(directives.get('connect-src')).toBe("'self'")
  expect(directives.get('frame-ancestors')).toBe("'none'")
  expect(policy).not.toMatch(/https?:|\*|unsafe-eval/)
  expect(policy.includes('unsafe-inline')).toBe(path === '/redoc')
})

test('only the files of the pages are served', async () => {
  const paths = ['/docs/logo.svg', '/redoc/redoc.js', '/docs/%2e%2e/package.json', '/docs/..%2fpackage.json']
  const answers = await Promise.all(paths.map((path) => fetch(url + path)))
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404])
})
