import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { storedFiles } from '../files/stored-files.ts'
import { search } from '../knowledge/library.ts'
import { site, urlset } from '../outbound/site.ts'
import { createProject, type TestApp } from '../support/app.ts'
import { page, pagesOf, readAgain, readSite, startSourcesApp, textOf } from './web-sources.ts'

// Reading a document takes a second or so, and several where the machine is busy.
vi.setConfig({ testTimeout: 60_000 })

let app: TestApp

beforeAll(async () => {
  app = await startSourcesApp()
})
afterAll(() => app.close())

async function someone() {
  const user = await app.user()
  return { user, project: await createProject(user) }
}

describe('a page', () => {
  test('becomes a document that is found, with its address', async () => {
    const { user, project } = await someone()
    const { origin } = await site({ '/help/opening.php': page('We are open from nine to five.') })
    const source = await readSite(user, project, { kind: 'url', url: `${origin}/help/opening.php#top` })
    expect(source).toMatchObject({
      state: 'ready',
      error: null,
      url: `${origin}/help/opening.php`,
      next_crawl_at: null,
    })
    expect(source.pages).toEqual({ read: 1, unchanged: 0, skipped: 0, failed: 0 })
    const { passages } = await search(user, project, 'open from nine')
    expect(passages[0]).toMatchObject({ url: source.url, file_name: 'opening.html', file_version: 1 })
  })

  test('that says something else is another version, and what it said before is gone', async () => {
    const { user, project } = await someone()
    const pages = { '/': page('We are open on Sundays.') }
    const { origin } = await site(pages)
    const source = await readSite(user, project, { kind: 'url', url: origin })
    pages['/'] = page('We are closed at weekends.')
    expect((await readAgain(user, source)).pages).toMatchObject({ read: 1, unchanged: 0 })
    const file = (await pagesOf(user, source))['/']
    expect(file).toMatchObject({ version: 2, state: 'ready', name: '127.0.0.1.html' })
    expect(await textOf(user, file)).toContain('closed at weekends')
    expect((await search(user, project, 'Sundays')).passages.map(({ text }) => text).join()).not.toContain('Sundays')
    const stored = await storedFiles(app, project.id)
    expect(stored.map(({ content }) => String(content))).toEqual([pages['/']])
  })

  test('that is the same is left alone, whether its server says so or not', async () => {
    const { user, project } = await someone()
    const { origin, asked } = await site({
      '/sitemap.xml': urlset('/told', '/silent'),
      '/told': ({ 'if-none-match': known }) =>
        known === '"1"' ? { status: 304 } : { headers: { etag: '"1"' }, body: page('One.') },
      '/silent': page('Two.'),
    })
    const source = await readSite(user, project, { kind: 'sitemap', url: `${origin}/sitemap.xml` })
    const before = await pagesOf(user, source)
    expect((await readAgain(user, source)).pages).toEqual({ read: 0, unchanged: 2, skipped: 0, failed: 0 })
    expect(await pagesOf(user, source)).toEqual(before)
    expect(asked.filter((path) => path === '/told')).toHaveLength(2)
  })

  test.each([
    ['by its server', 'text/html; charset=iso-8859-1', ''],
    ['by itself', 'text/html', '<meta http-equiv="content-type" content="text/html; charset=windows-1252">'],
  ])('in an encoding that is named %s is read in it', async (_where, type, meta) => {
    const { user, project } = await someone()
    const body = Buffer.from(page('Geöffnet für Gäste.').replace('<head>', `<head>${meta}`), 'latin1')
    const { origin } = await site({ '/a': { headers: { 'content-type': type }, body } })
    const source = await readSite(user, project, { kind: 'url', url: `${origin}/a` })
    expect(await textOf(user, (await pagesOf(user, source))['/a'])).toContain('Geöffnet für Gäste.')
  })

  test('that is gone takes its document along', async () => {
    const { user, project } = await someone()
    const pages: Record<string, string> = { '/a': page('A word: heliotrope.') }
    const { origin } = await site(pages)
    const source = await readSite(user, project, { kind: 'url', url: `${origin}/a` })
    delete pages['/a']
    const gone = await readAgain(user, source)
    expect(gone).toMatchObject({ state: 'failed', error: { code: 'unreachable' }, pages: { failed: 1 } })
    expect(await pagesOf(user, source)).toEqual({})
    expect((await search(user, project, 'heliotrope')).passages).toEqual([])
    expect(await storedFiles(app, project.id)).toEqual([])
  })

  test('that cannot be read now is kept as it was', async () => {
    const { user, project } = await someone()
    const pages: Parameters<typeof site>[0] = { '/a': page('Still here.') }
    const { origin } = await site(pages)
    const source = await readSite(user, project, { kind: 'url', url: `${origin}/a` })
    pages['/a'] = { status: 500 }
    expect(await readAgain(user, source)).toMatchObject({ state: 'failed', error: { code: 'unreachable' } })
    expect(await textOf(user, (await pagesOf(user, source))['/a'])).toContain('Still here.')
  })

  test.each([
    ['disallowed by robots.txt', { '/robots.txt': 'User-agent: *\nDisallow: /a' }, 'robots'],
    [
      'of a type that is no document',
      { '/a': { headers: { 'content-type': 'image/png' }, body: 'x' } },
      'unsupported_type',
    ],
    ['that is not text', { '/a': 'GIF89a\u0000\u0001\u0000\u0002\u0003\u0000' }, 'not_text'],
    [
      'that redirects into a private network',
      { '/a': { status: 302, headers: { location: 'http://10.0.0.1/' } } },
      'blocked_address',
    ],
  ])('%s is refused with the reason', async (_what, pages, code) => {
    const { user, project } = await someone()
    const { origin } = await site({ '/a': page('x'), ...pages })
    const source = await readSite(user, project, { kind: 'url', url: `${origin}/a` })
    expect(source).toMatchObject({ state: 'failed', error: { code } })
    expect(source.error?.detail).toMatch(/^[A-Z].*\.$/)
    expect(await pagesOf(user, source)).toEqual({})
  })
})

describe('a sitemap', () => {
  test('is read page by page, and follows what is added and taken out', async () => {
    const { user, project } = await someone()
    const pages: Record<string, string> = {
      '/sitemap.xml': urlset('/a', '/b'),
      '/a': page('A.'),
      '/b': page('B.'),
      '/c': page('C.'),
    }
    const { origin } = await site(pages)
    const source = await readSite(user, project, { kind: 'sitemap', url: `${origin}/sitemap.xml` })
    expect(Object.keys(await pagesOf(user, source)).sort()).toEqual(['/a', '/b'])
    pages['/sitemap.xml'] = urlset('/b', '/c')
    expect((await readAgain(user, source)).pages).toEqual({ read: 1, unchanged: 1, skipped: 0, failed: 0 })
    expect(Object.keys(await pagesOf(user, source)).sort()).toEqual(['/b', '/c'])
    expect(await storedFiles(app, project.id)).toHaveLength(2)
  })

  test('names the first page that could not be read, and brings the others', async () => {
    const { user, project } = await someone()
    const { origin } = await site({
      '/robots.txt': 'User-agent: *\nDisallow: /private',
      '/sitemap.xml': urlset('/private', '/gone', '/a'),
      '/a': page('A.'),
    })
    const source = await readSite(user, project, { kind: 'sitemap', url: `${origin}/sitemap.xml` })
    expect(source).toMatchObject({
      state: 'ready',
      pages: { read: 1, skipped: 1, failed: 1 },
      error: { code: 'robots' },
    })
    expect(source.error?.detail).toMatch(`${origin}/private: `)
  })

  test('that is broken, empty or away leaves what was read before', async () => {
    const { user, project } = await someone()
    const pages: Parameters<typeof site>[0] = { '/sitemap.xml': urlset('/a'), '/a': page('A.') }
    const { origin } = await site(pages)
    const source = await readSite(user, project, { kind: 'sitemap', url: `${origin}/sitemap.xml` })
    for (const [answer, code] of [
      ['<urlset', 'broken'],
      [urlset(), 'empty'],
      [{ status: 404 }, 'unreachable'],
    ] as const) {
      pages['/sitemap.xml'] = answer
      expect(await readAgain(user, source)).toMatchObject({ state: 'failed', error: { code } })
    }
    expect(Object.keys(await pagesOf(user, source))).toEqual(['/a'])
  })
})

test('no more pages than a project has room for, and the source says so', async () => {
  const small = await startSourcesApp({ FILES_MAX_PER_PROJECT: '2', SOURCES_MAX_PAGES: '3' })
  const user = await small.user()
  const project = await createProject(user)
  const paths = ['/a', '/b', '/c', '/d']
  const { origin, asked } = await site({
    '/sitemap.xml': urlset(...paths),
    ...Object.fromEntries(paths.map((path) => [path, page(path)])),
  })
  const source = await readSite(user, project, { kind: 'sitemap', url: `${origin}/sitemap.xml` })
  expect(source).toMatchObject({ state: 'ready', pages: { read: 2, skipped: 1 }, error: { code: 'too_many_pages' } })
  expect(asked).not.toContain('/d')
  await small.close()
})
