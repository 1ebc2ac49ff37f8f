import { setImmediate as nextTurn } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { parseSitemap } from '../../src/documents/web/sitemap.ts'
import { pagesOf, site, sitemapIndex, summary, urlset, wideLimits } from './site.ts'

describe('a sitemap', () => {
  test('names its pages, each once, whatever its prefixes, entities, and images', async () => {
    const xml = `<s:urlset xmlns:s="a" xmlns:i="b">
      <s:url><s:loc> {origin}/a?x=1&amp;y=2#top </s:loc><i:image><i:loc>{origin}/image.png</i:loc></i:image></s:url>
      <s:url><s:loc><![CDATA[{origin}/b]]></s:loc></s:url><s:url><s:loc>{origin}/a?x=1&#38;y=2</s:loc></s:url></s:urlset>`
    const { origin, asked } = await site({ '/sitemap.xml': xml, '/a?x=1&y=2': 'x', '/b': 'x' })
    expect((await pagesOf({ url: `${origin}/sitemap.xml` })).map(summary)).toEqual(['/a ok', '/b ok'])
    expect(asked).toEqual(['/sitemap.xml', '/robots.txt', '/a?x=1&y=2', '/b'])
  })

  test('may be packed, or a plain list', async () => {
    const { origin } = await site({ '/a': 'x', '/b': 'x', '/list.txt': '{origin}/a\r\n\r\n{origin}/b\n' })
    const packed = await site({
      '/a': 'x',
      '/s.gz': () => ({ body: gzipSync(urlset('/a').replaceAll('{origin}', packed.origin)) }),
    })
    expect((await pagesOf({ url: `${packed.origin}/s.gz` })).map(summary)).toEqual(['/a ok'])
    expect((await pagesOf({ url: `${origin}/list.txt` })).map(summary)).toEqual(['/a ok', '/b ok'])
  })

  test('speaks for its own site alone', async () => {
    const other = await site({ '/x': 'x' })
    const { origin } = await site({
      '/sitemap.xml': urlset('/a', `${other.origin}/x`, 'https://127.0.0.1/', 'javascript:alert(1)', '/b'),
      '/a': 'x',
      '/b': { status: 302, headers: { location: `${other.origin}/x` } },
    })
    const outcomes = (await pagesOf({ url: `${origin}/sitemap.xml` })).map(summary)
    expect(outcomes).toEqual([
      '/a ok',
      '/x skipped other_origin',
      '/ skipped other_origin',
      '/sitemap.xml skipped other_origin',
      '/b skipped other_origin',
    ])
    expect(other.asked).toEqual([])
  })

  test('with a page that leads to one that was read reports it as such', async () => {
    const moved = { status: 301, headers: { location: '/a' } }
    const { origin } = await site({ '/sitemap.xml': urlset('/a', '/b'), '/a': 'x', '/b': moved })
    expect((await pagesOf({ url: `${origin}/sitemap.xml` })).map(summary)).toEqual(['/a ok', '/b skipped duplicate'])
  })
})

describe('a sitemap of sitemaps', () => {
  test('is followed, and one that cannot be read does not stop the rest', async () => {
    const { origin } = await site({
      '/index.xml': sitemapIndex('/gone.xml', '/broken.xml', '/good.xml'),
      '/broken.xml': '<urlset><url>',
      '/good.xml': urlset('/a'),
      '/a': 'x',
    })
    const outcomes = (await pagesOf({ url: `${origin}/index.xml` })).map(summary)
    expect(outcomes).toEqual(['/gone.xml failed http_status', '/broken.xml failed bad_sitemap', '/a ok'])
  })

  test('that leads back to itself ends', async () => {
    const { origin, asked } = await site({
      '/1.xml': sitemapIndex('/2.xml', '/1.xml', '/1.xml#again'),
      '/2.xml': sitemapIndex('/1.xml', '/2.xml', '/3.xml'),
      '/3.xml': sitemapIndex('/4.xml', '/1.xml'),
    })
    expect((await pagesOf({ url: `${origin}/1.xml` })).map(summary)).toEqual(['/4.xml skipped page_limit'])
    expect(asked).toEqual(['/1.xml', '/2.xml', '/3.xml'])
  })

  test('without end is read so far', async () => {
    const many = Array.from({ length: 3000 }, (_, index) => `/${index}.xml`)
    const { origin, asked } = await site({ '/index.xml': sitemapIndex(...many) })
    const read = await pagesOf({ url: `${origin}/index.xml`, limits: { ...wideLimits, timeMs: 60_000 } })
    expect([asked.length, read.length]).toEqual([100, 1000])
  })
})

describe('bytes that are no sitemap', () => {
  test.each([
    ['a page', '<!doctype html><html><body>hello</body></html>'],
    ['XML of another kind', '<rss><channel></channel></rss>'],
    ['text', 'hello'],
    ['an entity', '<!DOCTYPE urlset [<!ENTITY a "b">]><urlset><url><loc>http://a/&a;</loc></url></urlset>'],
    ['an unknown entity', '<urlset><url><loc>http://a/&a;</loc></url></urlset>'],
    ['a file from elsewhere', '<!DOCTYPE urlset SYSTEM "http://127.0.0.1/x"><urlset></urlset>'],
    ['many levels', '<a>'.repeat(100_000)],
    ['an end that is missing', '<urlset><url><loc>http://a/</loc>'],
    ['UTF-16', Buffer.from('<urlset></urlset>', 'utf16le')],
    ['gzip that is none', Buffer.from([0x1f, 0x8b, 1, 2, 3])],
    ['a bomb', gzipSync(Buffer.alloc(200_000_000))],
  ])('are refused: %s', async (_what, bytes) => {
    await expect(parseSitemap(Buffer.from(bytes))).rejects.toThrow(/sitemap|list of URLs/)
  })

  test('and large ones leave time for other work', async () => {
    const large = `<urlset>${'<url><loc>https://example.com/page</loc><lastmod>2026-11-23</lastmod></url>'.repeat(150_000)}</urlset>`
    const bytes = Buffer.from(large)
    let isDone = false
    let turns = 0
    const parsing = parseSitemap(bytes).finally(() => (isDone = true))
    for (; !isDone; turns += 1) await nextTurn()
    expect((await parsing).locations).toHaveLength(50_000)
    expect(turns).toBeGreaterThan(50)
  })
})
