import type { AlignType } from 'mdast'
import { memo } from 'react'
import { cellsOf } from './block-lines.ts'
import type { Block } from './blocks.ts'
import { CodeBlock } from './code-block.tsx'
import { type Definitions, definitionsFor } from './definitions.ts'
import { Formula } from './formula.tsx'
import { inOrder } from './in-order.ts'
import { renderInline } from './inline.tsx'
import { parseCell, parseMarkdown } from './parse.ts'
import { repairCode } from './repair-code.ts'
import { TableFrame, textAlign } from './table-frame.tsx'
import { Heading, renderItem, renderTree } from './tree.tsx'
import { repaired } from './use-repair.ts'

interface BlockViewProps {
  block: Block
  definitions: Definitions
  /** Whether the block's end is still arriving. */
  isOpen: boolean
  /** Of a heading: its place in the outline of the text, from 3. */
  level: number
}

/** One block of an answer; it is parsed again only when it, or what its links refer to, changes. */
export const BlockView = memo(function BlockView({ block, definitions, isOpen, level }: BlockViewProps) {
  switch (block.kind) {
    case 'fence':
      return <CodeBlock code={isOpen ? repairCode(block.code) : block.code} info={block.info} isGrowing={isOpen} />
    case 'math':
      return block.isClosed ? (
        <Formula tex={block.tex} isDisplay />
      ) : (
        <pre className="formula-source" dir="ltr">
          {block.tex}
        </pre>
      )
    case 'heading':
      return <HeadingView {...partProps(block.text, definitions, isOpen)} level={level} />
    case 'list':
      return <ListView block={block} definitions={definitions} isOpen={isOpen} />
    case 'table':
      return <TableView block={block} definitions={definitions} isOpen={isOpen} />
    case 'markdown':
      return <TextView {...partProps(block.text, definitions, isOpen)} />
    default:
      return block satisfies never
  }
})

interface PartProps {
  text: string
  /** The definitions it uses, as Markdown. */
  definitions: string
  isOpen: boolean
}

function partProps(text: string, definitions: Definitions, isOpen: boolean): PartProps {
  return { text, definitions: definitionsFor(text, definitions), isOpen }
}

const TextView = memo(function TextView({ text, definitions, isOpen }: PartProps) {
  return renderTree(parseMarkdown(isOpen ? repaired(text) : text, definitions))
})

const HeadingView = memo(function HeadingView({ text, definitions, isOpen, level }: PartProps & { level: number }) {
  const { nodes, urls } = parseMarkdown(isOpen ? repaired(text) : text, definitions)
  const [heading] = nodes
  if (heading?.type !== 'heading') return null
  return (
    <Heading level={level} dir="auto">
      {renderInline(heading.children, urls)}
    </Heading>
  )
})

type KindProps<Kind extends Block['kind']> = Omit<BlockViewProps, 'block' | 'level'> & {
  block: Extract<Block, { kind: Kind }>
}

function ListView({ block, definitions, isOpen }: KindProps<'list'>) {
  const Tag = block.firstNumber === undefined ? 'ul' : 'ol'
  return (
    <Tag dir="auto" start={block.firstNumber}>
      {block.items.map(({ start, text }, index) => (
        <ItemView key={start} {...partProps(text, definitions, isOpen && index === block.items.length - 1)} />
      ))}
    </Tag>
  )
}

const ItemView = memo(function ItemView({ text, definitions, isOpen }: PartProps) {
  return <li>{renderItem(parseMarkdown(isOpen ? repaired(text) : text, definitions))}</li>
})

function TableView({ block, definitions, isOpen }: KindProps<'table'>) {
  const columns = cellsOf(block.delimiter).map(alignOf)
  return (
    <TableFrame head={<Cells {...partProps(block.header, definitions, false)} columns={columns.join()} isHeader />}>
      {block.rows.map(({ start, text }, index) => (
        <tr key={start}>
          <Cells
            {...partProps(text, definitions, isOpen && index === block.rows.length - 1)}
            columns={columns.join()}
          />
        </tr>
      ))}
    </TableFrame>
  )
}

interface CellsProps extends PartProps {
  /** The alignment of each column, joined by commas, so that it compares as one value. */
  columns: string
  isHeader?: boolean
}

const Cells = memo(function Cells({ text, definitions, isOpen, columns, isHeader = false }: CellsProps) {
  const cells = cellsOf(text)
  const Cell = isHeader ? 'th' : 'td'
  const renderCell = (align: string, column: number) => {
    const source = cells[column] ?? ''
    const isLast = isOpen && column === cells.length - 1
    const { nodes, urls } = parseCell(isLast ? repaired(source) : source, definitions)
    const content = nodes.map((node) => (node.type === 'paragraph' ? renderInline(node.children, urls) : null))
    return <Cell className={textAlign(isAlign(align) ? align : null)}>{inOrder(content)}</Cell>
  }
  return inOrder(columns.split(',').map(renderCell))
})

function alignOf(delimiter: string): string {
  const isEnd = delimiter.endsWith(':')
  if (delimiter.startsWith(':') && isEnd) return 'center'
  return isEnd ? 'right' : ''
}

const isAlign = (value: string): value is NonNullable<AlignType> => value === 'center' || value === 'right'
