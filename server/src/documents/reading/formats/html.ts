import { isProbablyReaderable, Readability } from '@mozilla/readability'
import { parseHTML } from 'linkedom'
import { declaredEncoding } from '../../text-decoding.ts'
import type { FormatInput, FormatResult } from '../format.ts'
import { type DomNode, readHtmlBlocks } from '../html-blocks.ts'
import { createTextBuilder, titleOf } from '../text-builder.ts'

/** Above this the article is not looked for: the search costs many times what reading does. */
const maxArticleLength = 1_000_000

/** Share of the page's text an article must have to be taken for all that matters. */
const articleShare = 0.5

/** Pictures and fonts written into the page, which are most of it where they occur. */
const embedded = /data:[\w.+-]{1,40}\/[\w.+-]{1,60}(?:;charset=[\w-]{1,20})?;base64,[\w+/=%]{1000,}/g

/** A page: its article where it clearly has one, else all of its body; never navigation, scripts and what is hidden. */
export async function readHtml({ bytes, decode, limits, builder, progress }: FormatInput): Promise<FormatResult> {
  const html = (await decode(declaredEncoding(bytes))).replace(embedded, 'data:')
  const document = parse(html)
  const whole = createTextBuilder(limits)
  readHtmlBlocks(rootOf(document), whole)
  const article = html.length <= maxArticleLength ? findArticle(html) : undefined
  const trial = createTextBuilder(limits)
  if (article) readHtmlBlocks(article, trial)
  const isAll = trial.length() >= whole.length() * articleShare
  readHtmlBlocks(article && isAll ? article : rootOf(document), builder)
  progress(bytes.length, bytes.length)
  const title = titleOf((document.querySelector('title') ?? document.querySelector('h1'))?.textContent ?? '')
  return { title: title === '' ? null : title, pages: null }
}

/** The parser wants an element around everything. */
function parse(html: string): Document {
  return parseHTML(/<html[\s>]/i.test(html) ? html : `<html><body>${html}</body></html>`).document
}

function rootOf(document: Document): DomNode {
  return document.documentElement
}

function findArticle(html: string): DomNode | undefined {
  const document = parse(html)
  if (!isProbablyReaderable(document)) return undefined
  const found = new Readability<DomNode>(document, {
    serializer: (node) => node as DomNode,
    maxElemsToParse: 20_000,
  }).parse()
  return found?.content ?? undefined
}
