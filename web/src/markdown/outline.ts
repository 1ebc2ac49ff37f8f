import { type Block, createBlockSplitter } from './blocks.ts'
import { type Definitions, definitionsIn } from './definitions.ts'

export interface Outline {
  blocks: Block[]
  definitions: Definitions
  /** The level of each heading, by the start of its block. */
  levels: ReadonlyMap<number, number>
  /** Whether the text ends with a blank line that completes its last block. */
  isSettled: boolean
}

/** A function that gives the outline of a growing text; what has not changed comes back as the same objects. */
export function createOutline(): (text: string) => Outline {
  const split = createBlockSplitter()
  let definitions: Definitions = new Map()
  return (text) => {
    const blocks = split(text)
    const found = definitionsIn(blocks)
    if (!isEqual(found, definitions)) definitions = found
    return { blocks, definitions, levels: headingLevels(blocks), isSettled: isSettled(text, blocks.at(-1)) }
  }
}

function isEqual(one: Definitions, other: Definitions): boolean {
  return one.size === other.size && [...one].every(([label, source]) => other.get(label) === source)
}

/** The outermost headings are on level 3, below those of the page and its messages, and no level is left out. */
function headingLevels(blocks: readonly Block[]): Map<number, number> {
  const levels = new Map<number, number>()
  const open: number[] = []
  for (const block of blocks) {
    if (block.kind !== 'heading') continue
    while ((open.at(-1) ?? 0) >= block.depth) open.pop()
    open.push(block.depth)
    levels.set(block.start, Math.min(6, 2 + open.length))
  }
  return levels
}

function isSettled(text: string, last: Block | undefined): boolean {
  if (last?.kind === 'heading') return text.endsWith('\n')
  return last?.kind === 'markdown' && /\n[ \t]*\n[ \t]*$/.test(text.slice(-80))
}
