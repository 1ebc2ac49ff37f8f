import type { BlockContent, DefinitionContent, List, ListItem, RootContent, Table, TableCell, TableRow } from 'mdast'
import type { ReactNode } from 'react'
import { useTranslation } from '../i18n/use-translation.ts'
import { CodeBlock } from './code-block.tsx'
import { Formula } from './formula.tsx'
import { inOrder } from './in-order.ts'
import { renderInline, useFootnoteId } from './inline.tsx'
import type { Parsed } from './parse.ts'
import { TableFrame, textAlign } from './table-frame.tsx'

type Urls = Parsed['urls']

/** What Markdown is parsed into, as elements. Outermost blocks find their own direction, the ones inside follow them. */
export function renderTree({ nodes, urls }: Parsed): ReactNode {
  return renderBlocks(nodes, urls, 'auto')
}

/** The content of one item of a list that was parsed by itself. */
export function renderItem({ nodes, urls }: Parsed): ReactNode {
  const [first, ...rest] = nodes
  if (first?.type !== 'list') return renderBlocks(nodes, urls)
  const [item, ...others] = first.children
  const more: RootContent[] = others.length > 0 ? [{ ...first, children: others }, ...rest] : rest
  return (
    <>
      {item && <ItemContent item={item} urls={urls} />}
      {renderBlocks(more, urls)}
    </>
  )
}

function renderBlocks(nodes: readonly RootContent[], urls: Urls, dir?: 'auto'): ReactNode {
  return inOrder(nodes.map((node) => renderBlock(node, urls, dir)))
}

function renderBlock(node: RootContent, urls: Urls, dir?: 'auto'): ReactNode {
  switch (node.type) {
    case 'paragraph':
      return <p dir={dir}>{renderInline(node.children, urls)}</p>
    case 'heading':
      return (
        <Heading level={Math.min(6, node.depth + 2)} dir={dir}>
          {renderInline(node.children, urls)}
        </Heading>
      )
    case 'blockquote':
      return <blockquote dir={dir}>{renderBlocks(node.children, urls)}</blockquote>
    case 'code':
      return <CodeBlock code={node.value} info={node.lang ?? ''} />
    case 'thematicBreak':
      return <hr />
    case 'list':
      return renderList(node, urls, dir)
    case 'listItem':
      return <ItemContent item={node} urls={urls} />
    case 'table':
      return renderTable(node, urls)
    case 'footnoteDefinition':
      return (
        <Footnote label={node.label ?? node.identifier} dir={dir}>
          {renderBlocks(node.children, urls)}
        </Footnote>
      )
    case 'math':
      return <Formula tex={node.value} isDisplay />
    case 'html':
      return <p dir={dir}>{node.value}</p>
    default:
      return null
  }
}

interface HeadingProps {
  /** 3 to 6: a page and its messages have the levels above. */
  level: number
  dir?: 'auto' | undefined
  children: ReactNode
}

export function Heading({ level, dir, children }: HeadingProps) {
  const Tag = level <= 3 ? 'h3' : level === 4 ? 'h4' : level === 5 ? 'h5' : 'h6'
  return <Tag dir={dir}>{children}</Tag>
}

function renderList(list: List, urls: Urls, dir?: 'auto'): ReactNode {
  const Tag = list.ordered ? 'ol' : 'ul'
  const renderListItem = (item: ListItem) => (
    <li>
      <ItemContent item={item} urls={urls} />
    </li>
  )
  return (
    <Tag dir={dir} start={list.ordered ? (list.start ?? 1) : undefined}>
      {inOrder(list.children.map(renderListItem))}
    </Tag>
  )
}

/** Paragraphs of an item stand as close whether or not blank lines divide its list: a list must not move when one arrives. */
function ItemContent({ item, urls }: { item: ListItem; urls: Urls }) {
  const { t } = useTranslation('chat')
  const children: (BlockContent | DefinitionContent)[] = item.children
  return (
    <>
      {typeof item.checked === 'boolean' && (
        <input
          type="checkbox"
          checked={item.checked}
          disabled
          aria-label={t(item.checked ? 'markdown.done' : 'markdown.notDone')}
        />
      )}
      {renderBlocks(children, urls)}
    </>
  )
}

function renderTable({ align, children: [header, ...rows] }: Table, urls: Urls): ReactNode {
  const renderCell = (Cell: 'th' | 'td') => (cell: TableCell, column: number) => (
    <Cell className={textAlign(align?.[column])}>{renderInline(cell.children, urls)}</Cell>
  )
  const renderRow = (row: TableRow) => <tr>{inOrder(row.children.map(renderCell('td')))}</tr>
  return (
    <TableFrame head={inOrder(header?.children.map(renderCell('th')) ?? [])}>{inOrder(rows.map(renderRow))}</TableFrame>
  )
}

interface FootnoteProps {
  label: string
  dir?: 'auto' | undefined
  children: ReactNode
}

/** A footnote, where its author wrote it: at the end as a rule, and it stays there while more text arrives. */
function Footnote({ label, dir, children }: FootnoteProps) {
  return (
    <div id={useFootnoteId(label)} tabIndex={-1} className="footnote" role="note" dir={dir}>
      <span className="footnote-label">{label}</span>
      <div>{children}</div>
    </div>
  )
}
