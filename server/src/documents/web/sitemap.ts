import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { SaxesParser } from 'saxes'

/** `index`: the locations are sitemaps themselves. */
export interface Sitemap {
  kind: 'pages' | 'index'
  locations: string[]
}

/** Thrown for bytes that are no sitemap. */
export class SitemapError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SitemapError'
  }
}

/** https://www.sitemaps.org/protocol.html allows 50,000 locations in 50 MB; here it may be less of the latter. */
export const largestSitemapBytes = 16 * 1024 * 1024
const mostLocations = 50_000
const deepestElement = 20
const sliceCharacters = 64 * 1024

const unpack = promisify(gunzip)

/**
 * Reads a sitemap, a sitemap index, or a list of URLs as plain text, each also as gzip. Nothing in it is expanded or
 * fetched: a document type, which entities need, is refused. Gives way to other work between slices of it.
 */
export async function parseSitemap(bytes: Buffer): Promise<Sitemap> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await unpacked(bytes))
    return text.trimStart().startsWith('<') ? await parseXml(text) : parseList(text)
  } catch (error) {
    throw error instanceof SitemapError ? error : new SitemapError('The sitemap is broken.', { cause: error })
  }
}

async function unpacked(bytes: Buffer): Promise<Buffer> {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b
  return isGzip ? unpack(bytes, { maxOutputLength: largestSitemapBytes }) : bytes
}

function parseList(text: string): Sitemap {
  const lines = text.split(/\r?\n/, mostLocations).map((line) => line.trim())
  const locations = lines.filter((line) => line !== '')
  if (!locations.every((line) => /^https?:\/\//i.test(line))) throw new SitemapError('This is not a list of URLs.')
  return { kind: 'pages', locations }
}

async function parseXml(text: string): Promise<Sitemap> {
  const reader = createReader()
  for (let start = 0; start < text.length && !reader.isFull(); start += sliceCharacters) {
    reader.parser.write(text.slice(start, start + sliceCharacters))
    await nextTurn()
  }
  if (!reader.isFull()) reader.parser.close()
  return reader.sitemap()
}

function createReader() {
  const parser = new SaxesParser({ position: false })
  const path: string[] = []
  const locations: string[] = []
  let root: string | undefined
  let location: string | undefined

  parser.on('doctype', () => {
    throw new SitemapError('The sitemap has a document type.')
  })
  parser.on('opentag', ({ name }) => {
    root ??= localName(name)
    path.push(localName(name))
    if (path.length > deepestElement) throw new SitemapError('The sitemap is nested too deep.')
    // Images and videos have locations too, but deeper.
    if (/^(urlset\/url|sitemapindex\/sitemap)\/loc$/.test(path.join('/'))) location = ''
  })
  parser.on('text', (text) => {
    if (location !== undefined) location += text
  })
  parser.on('cdata', (text) => {
    if (location !== undefined) location += text
  })
  parser.on('closetag', () => {
    path.pop()
    if (location !== undefined && locations.length < mostLocations) locations.push(location.trim())
    location = undefined
  })

  return {
    parser,
    isFull: () => locations.length === mostLocations,
    sitemap(): Sitemap {
      if (root !== 'urlset' && root !== 'sitemapindex') throw new SitemapError('This is not a sitemap.')
      return { kind: root === 'urlset' ? 'pages' : 'index', locations }
    },
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}
