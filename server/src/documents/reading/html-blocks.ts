import { labelled } from './rows.ts'
import type { TextBuilder } from './text-builder.ts'

/** The little of the DOM that is walked; linkedom's nodes fit. */
export interface DomNode {
  nodeType: number
  nodeName: string
  textContent: string | null
  firstChild: DomNode | null
  nextSibling: DomNode | null
  parentNode: DomNode | null
  getAttribute?(name: string): string | null
}

const bullet = '- '
const elementType = 1
const textType = 3

/** What is no content of the page, or not to be seen on it. */
const dropped = new Set(
  'SCRIPT STYLE NAV NOSCRIPT TEMPLATE IFRAME OBJECT EMBED SVG MATH CANVAS AUDIO VIDEO BUTTON SELECT INPUT TEXTAREA HEAD TITLE META LINK BASE DIALOG'.split(
    ' ',
  ),
)
const inline = new Set(
  'A ABBR B BDI BDO BR CITE CODE DATA DEL DFN EM FONT I INS KBD LABEL MARK Q RP RT RUBY S SAMP SMALL SPAN STRIKE STRONG SUB SUP TIME TT U VAR WBR IMG'.split(
    ' ',
  ),
)

/** Walks a page's body: headings, paragraphs, list items, code and tables, without recursion, whatever its depth. */
export function readHtmlBlocks(root: DomNode, builder: TextBuilder) {
  let open = ''
  let inList = false
  function flush() {
    const text = tidy(open)
    open = ''
    if (text === '' || text === bullet.trim()) return
    const isItem = text.startsWith(bullet)
    if (isItem && inList) builder.row(text)
    else if (isItem) builder.lines(text)
    else builder.paragraph(text)
    inList = isItem
  }

  for (let node = root.firstChild; node; ) {
    const name = node.nodeName.toUpperCase()
    let enter = false
    if (node.nodeType === textType) open += builder.admit(node.textContent ?? '')
    else if (node.nodeType !== elementType || isDropped(node, name)) enter = false
    else if (name === 'BR') open += lineBreak
    else if (readWhole(node, name, builder, flush)) enter = false
    else {
      if (!inline.has(name)) flush()
      if (name === 'LI') open += bullet
      enter = true
    }
    node = (enter && node.firstChild) || following(node, root, (left) => !inline.has(left) && flush())
  }
  flush()
}

/** The next node in document order that is not below this one; `left` hears of each element that ends on the way. */
function following(node: DomNode, root: DomNode, left: (name: string) => void): DomNode | null {
  let at: DomNode | null = node
  while (at && at !== root) {
    if (at.nodeType === elementType) left(at.nodeName.toUpperCase())
    if (at.nextSibling) return at.nextSibling
    at = at.parentNode
  }
  return null
}

/** Elements that are read as one. */
function readWhole(node: DomNode, name: string, builder: TextBuilder, flush: () => void): boolean {
  const level = /^H([1-6])$/.exec(name)?.[1]
  if (!level && name !== 'PRE' && name !== 'TABLE') return false
  flush()
  if (level) builder.heading(Number(level), tidy(visibleText(node)))
  else if (name === 'PRE') builder.lines(visibleText(node).replace(/^\n+|\s+$/g, ''))
  else readTable(node, builder)
  return true
}

/** A row a line; under a row of header cells each value goes with its header. */
function readTable(table: DomNode, builder: TextBuilder) {
  let headers: string[] = []
  let first = true
  for (const row of descendants(table, (name) => name === 'TR')) {
    const cells = descendants(row, (name) => name === 'TD' || name === 'TH')
    const values = cells.map((cell) => tidy(visibleText(cell)).replaceAll('\n', ' '))
    const isHeader = cells.length > 1 && cells.every((cell) => cell.nodeName.toUpperCase() === 'TH')
    if (isHeader) headers = values
    const line = isHeader ? values.join(' | ') : labelled(values, headers)
    if (first) builder.lines(line)
    else builder.row(line)
    first = false
  }
}

/** Elements below a node that fit, in order; what lies within one that fits belongs to it. */
function descendants(root: DomNode, fits: (name: string) => boolean): DomNode[] {
  const found: DomNode[] = []
  for (let node = root.firstChild; node; ) {
    const name = node.nodeName.toUpperCase()
    const isFound = node.nodeType === elementType && fits(name)
    if (isFound) found.push(node)
    const enter = node.nodeType === elementType && !isFound && !isDropped(node, name)
    node = (enter && node.firstChild) || following(node, root, () => {})
  }
  return found
}

function visibleText(root: DomNode): string {
  let text = ''
  for (let node = root.firstChild; node; ) {
    const name = node.nodeName.toUpperCase()
    if (node.nodeType === textType) text += node.textContent ?? ''
    else if (name === 'BR') text += lineBreak
    const enter = node.nodeType === elementType && !isDropped(node, name)
    node =
      (enter && node.firstChild) ||
      following(node, root, (left) => {
        if (!inline.has(left)) text += ' '
      })
  }
  return text.replaceAll(lineBreak, '\n')
}

function isDropped(node: DomNode, name: string): boolean {
  if (dropped.has(name)) return true
  if (node.getAttribute?.('hidden') != null || node.getAttribute?.('aria-hidden') === 'true') return true
  return /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)/i.test(node.getAttribute?.('style') ?? '')
}

/** Stands for `<br>` while white space is collapsed; controls do not occur in text that was validated. */
const lineBreak = '\u0001'

function tidy(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replaceAll(lineBreak, '\n')
    .replace(/ ?\n ?/g, '\n')
    .trim()
}
