import { afterAll, beforeAll, expect, test } from 'vitest'
import { site, urlset } from '../outbound/site.ts'
import { createProject, startTestApp, type TestApp } from '../support/app.ts'
import { addSource, loopbackOpen, page, untilCrawled } from './web-sources.ts'

let app: TestApp

beforeAll(async () => {
  app = await startTestApp({ env: loopbackOpen })
})
afterAll(() => app.close())

test('a host is asked twice a second at most, however many read from it', { timeout: 60_000 }, async () => {
  const at: number[] = []
  const noted = (body: string) => () => {
    at.push(performance.now())
    return { body }
  }
  const { origin } = await site({
    '/robots.txt': noted('User-agent: *\nAllow: /'),
    '/sitemap.xml': noted(urlset('/a', '/b')),
    '/a': noted(page('A.')),
    '/b': noted(page('B.')),
  })
  const users = await Promise.all([app.user(), app.user()])
  const read = await Promise.all(
    users.map(async (user) => {
      const project = await createProject(user)
      return untilCrawled(user, await addSource(user, project, { kind: 'sitemap', url: `${origin}/sitemap.xml` }))
    }),
  )
  expect(read.map(({ pages }) => pages.read)).toEqual([2, 2])
  const gaps = at.slice(1).map((time, index) => time - (at[index] ?? 0))
  expect(gaps).toHaveLength(7)
  expect(Math.min(...gaps)).toBeGreaterThan(450)
})
