import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { appVersion } from '../../src/version.ts'
import { pagesOf, politeFetch, site, summary, urlset, wideLimits } from './site.ts'

describe('one page', () => {
  test('comes with its bytes and what it can be recognised by, without the fragment', async () => {
    const headers = {
      'content-type': 'text/plain; charset=utf-8',
      etag: 'W/"7"',
      'last-modified': 'Mon, 23 Nov 2026 12:00:00 GMT',
    }
    const { origin, asked } = await site({ '/a?b=1': { headers, body: 'text' } })
    expect(await pagesOf({ kind: 'url', url: `${origin}/a?b=1#part` })).toEqual([
      {
        status: 'ok',
        url: `${origin}/a?b=1`,
        contentType: 'text/plain',
        bytes: Buffer.from('text'),
        etag: 'W/"7"',
        lastModified: 'Mon, 23 Nov 2026 12:00:00 GMT',
      },
    ])
    expect(asked).toEqual(['/robots.txt', '/a?b=1'])
  })

  test('that has not changed since is not sent again', async () => {
    const { origin } = await site({
      '/a': (headers) =>
        headers['if-none-match'] === '"1"' ? { status: 304, headers: { etag: '"1"' } } : { body: 'new' },
    })
    const etags = new Map([[`${origin}/a`, { etag: '"1"', lastModified: null }]])
    const unchanged = { status: 'unchanged', url: `${origin}/a`, etag: '"1"', lastModified: null }
    expect(await pagesOf({ kind: 'url', url: `${origin}/a`, etags })).toEqual([unchanged])
    expect((await pagesOf({ kind: 'url', url: `${origin}/a` })).map(summary)).toEqual(['/a ok'])
  })

  test('may redirect to another site, whose robots.txt is heard as well', async () => {
    const closed = await site({ '/robots.txt': 'User-agent: *\nDisallow: /private', '/private': 'x', '/open': 'y' })
    const { origin } = await site({
      '/a': { status: 301, headers: { location: `${closed.origin}/private` } },
      '/b': { status: 301, headers: { location: `${closed.origin}/open` } },
    })
    expect((await pagesOf({ kind: 'url', url: `${origin}/a` })).map(summary)).toEqual(['/a skipped robots'])
    expect((await pagesOf({ kind: 'url', url: `${origin}/b` })).map(summary)).toEqual(['/b ok'])
    expect(closed.asked).toEqual(['/robots.txt', '/robots.txt', '/open'])
  })

  test.each([
    ['application/pdf', 'ok'],
    ['text/markdown', 'ok'],
    ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'ok'],
    ['image/png', 'skipped content_type'],
    ['application/octet-stream', 'skipped content_type'],
  ])('of the type %s is %s', async (type, outcome) => {
    const { origin } = await site({ '/a': { headers: { 'content-type': type }, body: 'x' } })
    expect((await pagesOf({ kind: 'url', url: `${origin}/a` })).map(summary)).toEqual([`/a ${outcome}`])
  })

  test.each([
    ['http://10.0.0.1/', 'failed blocked_address'],
    ['http://[::ffff:10.0.0.1]/', 'failed blocked_address'],
    ['ftp://example.com/', 'failed bad_url'],
    ['http://127.0.0.1:1025/', 'failed unreachable'],
  ])('at %s is %s', async (url, outcome) => {
    expect((await pagesOf({ kind: 'url', url })).map(summary)).toEqual([`/ ${outcome}`])
  })

  test('that is gone, redirects in a circle or into a private network has failed', async () => {
    const { origin } = await site({
      '/circle': { status: 302, headers: { location: '/circle' } },
      '/inside': { status: 302, headers: { location: 'http://10.0.0.1/' } },
    })
    const outcomes = await Promise.all(
      ['/gone', '/circle', '/inside'].map((path) => pagesOf({ kind: 'url', url: origin + path })),
    )
    expect(outcomes.flat().map(summary)).toEqual([
      '/gone failed http_status',
      '/circle failed redirect_limit',
      '/inside failed blocked_address',
    ])
  })
})

describe('a version that no header may hold', () => {
  test.each([
    ['a tab', '"a\tb"'],
    ['Chinese', '"版本"'],
  ])('(%s) does not keep a page from being read again', async (_, etag) => {
    const raw = `HTTP/1.1 200 OK\r\ncontent-type: text/html\r\netag: ${etag}\r\ncontent-length: 5\r\n\r\n<p>Hi`
    const server = createServer((socket) => void socket.on('error', () => undefined).end(raw))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const address = server.address()
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/a`
    const [first] = await pagesOf({ kind: 'url', url })
    if (first?.status !== 'ok') throw new Error('the page was not read')
    const [second] = await pagesOf({ kind: 'url', url, etags: new Map([[url, first]]) })
    expect([first.etag, second?.status]).toEqual([expect.any(String), 'ok'])
  })
})

describe('robots.txt', () => {
  const robots =
    'User-agent: *\nDisallow: /\n\nUser-agent: ChatbotPlatform\nDisallow: /*.pdf$\nDisallow: /a/\nAllow: /a/b\n'

  test('is heeded under the name that requests carry', async () => {
    let agent: string | undefined
    const { origin } = await site({
      '/robots.txt': (headers) => {
        agent = headers['user-agent']
        return { body: robots }
      },
      '/sitemap.xml': urlset('/a/c', '/a/b', '/x.pdf', '/x.pdf?y', '/z'),
      '/a/b': 'x',
      '/x.pdf?y': 'x',
      '/z': 'x',
    })
    const outcomes = (await pagesOf({ url: `${origin}/sitemap.xml` })).map(summary)
    expect(outcomes).toEqual(['/a/c skipped robots', '/a/b ok', '/x.pdf skipped robots', '/x.pdf ok', '/z ok'])
    expect(agent).toBe(`ChatbotPlatform/${appVersion}`)
  })

  test.each([
    [404, 'ok'],
    [403, 'ok'],
    [500, 'failed robots_unavailable'],
  ])('that is answered with %i leaves the page %s', async (status, outcome) => {
    const { origin } = await site({ '/robots.txt': { status }, '/a': 'x' })
    expect((await pagesOf({ kind: 'url', url: `${origin}/a` })).map(summary)).toEqual([`/a ${outcome}`])
  })

  test.each([
    ['many wildcards', `Disallow: /${'*a'.repeat(200_000)}`, 'robots_unavailable'],
    ['long wildcards', `Disallow: /*${'a'.repeat(1000)}b\n`.repeat(100), 'robots_unavailable'],
    ['rules without end', 'Disallow: /b\n'.repeat(39_000), 'robots_unavailable'],
    ['more than 512 KiB', '#'.repeat(600_000), 'robots_unavailable'],
  ])('with %s costs no time and closes the site', async (_what, rules, code) => {
    const path = `/${'a'.repeat(3000)}`
    const { origin } = await site({ '/robots.txt': `User-agent: *\n${rules}`, [path]: 'x' })
    const usedBefore = process.cpuUsage()
    expect(
      (await pagesOf({ kind: 'url', url: origin + path })).map((page) => 'reason' in page && page.reason.code),
    ).toEqual([code])
    expect(process.cpuUsage(usedBefore).user / 1000).toBeLessThan(500)
  })
})

describe('manners', () => {
  test('a host is asked one request at a time, with the pause it wants', async () => {
    const at: number[] = []
    const { origin } = await site({
      '/robots.txt': 'User-agent: *\nCrawl-delay: 0.4',
      '/sitemap.xml': urlset('/a', '/b'),
      '/a': () => ({ body: String(at.push(performance.now())) }),
      '/b': () => ({ body: String(at.push(performance.now())) }),
    })
    const fetch = politeFetch(50)
    await Promise.all([
      pagesOf({ url: `${origin}/sitemap.xml` }, fetch),
      pagesOf({ kind: 'url', url: `${origin}/a` }, fetch),
    ])
    const gaps = at.slice(1).map((time, index) => time - (at[index] ?? 0))
    expect(gaps).toHaveLength(2)
    expect(Math.min(...gaps)).toBeGreaterThan(350)
  })

  test('an overloaded host is asked again when it says, unless that is too late', async () => {
    const at: number[] = []
    const busy = (seconds: string) => () =>
      at.push(performance.now()) > 1 ? { body: 'x' } : { status: 429, headers: { 'retry-after': seconds } }
    const soon = await site({ '/a': busy('1') })
    expect((await pagesOf({ kind: 'url', url: `${soon.origin}/a` })).map(summary)).toEqual(['/a ok'])
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(950)
    at.length = 0
    const late = await site({ '/a': busy('3600') })
    expect((await pagesOf({ kind: 'url', url: `${late.origin}/a` })).map(summary)).toEqual(['/a failed http_status'])
  })
})

describe('the limits of a source', () => {
  const pages = {
    '/sitemap.xml': urlset('/1', '/2', '/3', '/4'),
    '/1': 'x'.repeat(600),
    '/2': 'x'.repeat(600),
    '/3': 'x',
    '/4': 'x',
  }

  test.each([
    ['pages', { pages: 2 }, ['/1 ok', '/2 ok', '/sitemap.xml skipped page_limit']],
    ['bytes of a page', { bytesPerPage: 100 }, ['/1 skipped too_large', '/2 skipped too_large', '/3 ok', '/4 ok']],
    ['bytes of all', { totalBytes: 1000 }, ['/1 ok', '/sitemap.xml skipped size_limit']],
  ])('by %s hold', async (_what, narrower, outcome) => {
    const { origin } = await site(pages)
    const read = await pagesOf({ url: `${origin}/sitemap.xml`, limits: { ...wideLimits, ...narrower } })
    expect(read.map(summary)).toEqual(outcome)
  })

  test('by time hold, and what was read before stands', async () => {
    const { origin } = await site(pages)
    const limits = { ...wideLimits, timeMs: 1200 }
    const read = (await pagesOf({ url: `${origin}/sitemap.xml`, limits }, politeFetch(400))).map(summary)
    expect([read[0], read.at(-1)]).toEqual(['/1 ok', '/sitemap.xml skipped time_limit'])
    expect(read.length).toBeLessThan(5)
  })

  test('do not hide that the caller has given up', async () => {
    const { origin } = await site(pages)
    const controller = new AbortController()
    setTimeout(() => controller.abort(new Error('shutting down')), 200)
    const reading = pagesOf({ url: `${origin}/sitemap.xml`, signal: controller.signal }, politeFetch(400))
    await expect(reading).rejects.toThrow('shutting down')
  })
})
