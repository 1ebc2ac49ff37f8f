import type { Nodes, Root, RootContent } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { gfm } from 'micromark-extension-gfm'
import type { Extension } from 'micromark-util-types'
import { mathSyntax, mathTree } from './math-syntax.ts'

export interface Parsed {
  nodes: RootContent[]
  /** Where links by reference lead, by their identifier. */
  urls: ReadonlyMap<string, string>
}

/** HTML is text here: what looks like a tag is shown as it was written. */
const noHtml: Extension = { disable: { null: ['htmlFlow', 'htmlText'] } }

/** Cells of tables hold text only: a dash or a hash at their start is itself. */
const noBlocks: Extension = {
  disable: {
    null: ['blockQuote', 'codeFenced', 'codeIndented', 'headingAtx', 'list', 'setextUnderline', 'thematicBreak'],
  },
}

const syntax = [gfm({ singleTilde: false }), mathSyntax, noHtml]
const cellSyntax = [...syntax, noBlocks]
const trees = [gfmFromMarkdown(), mathTree]

/** Time of parsing grows faster than the text where marks pile up; no prose comes near these limits. */
const maxLength = 20_000
const maxMarks = 1500
const deepNesting = /(?:>[ \t]*|(?:[-+*]|\d{1,9}[.)])[ \t]+){30}/

/**
 * The tree of a piece of Markdown: CommonMark and GitHub's additions, formulas, no HTML. Texts that would take long to
 * parse come back as one paragraph of text. `definitions` are Markdown definitions of the links and footnotes that the
 * piece refers to and that stand elsewhere.
 */
export function parseMarkdown(source: string, definitions = ''): Parsed {
  return parse(source, definitions, syntax)
}

/** The same for a cell of a table. */
export function parseCell(source: string, definitions = ''): Parsed {
  return parse(source, definitions, cellSyntax)
}

function parse(source: string, definitions: string, extensions: Extension[]): Parsed {
  if (isIntricate(source)) return textOnly(source)
  const whole = definitions === '' ? source : `${source}\n\n${definitions}`
  const root = fromMarkdown(whole, { extensions, mdastExtensions: trees })
  const nodes = root.children.filter((node) => (node.position?.start.offset ?? 0) <= source.length)
  return { nodes, urls: urlsIn(root) }
}

function isIntricate(source: string): boolean {
  if (source.length > maxLength || deepNesting.test(source)) return true
  let marks = 0
  for (let at = 0; at < source.length; at += 1) if ('*_[~`<'.includes(source.charAt(at))) marks += 1
  return marks > maxMarks
}

function textOnly(value: string): Parsed {
  return { nodes: [{ type: 'paragraph', children: [{ type: 'text', value }] }], urls: new Map() }
}

/** Of several definitions of one label the first counts. */
function urlsIn(root: Root): Map<string, string> {
  const urls = new Map<string, string>()
  const visit = (node: Nodes): void => {
    if (node.type === 'definition' && !urls.has(node.identifier)) urls.set(node.identifier, node.url)
    if ('children' in node) for (const child of node.children) visit(child)
  }
  visit(root)
  return urls
}
