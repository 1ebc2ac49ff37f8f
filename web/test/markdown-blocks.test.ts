import type { Nodes } from 'mdast'
import { describe, expect, test } from 'vitest'
import { type Block, createBlockSplitter, splitBlocks } from '../src/markdown/blocks.ts'
import { type Definitions, definitionsFor, definitionsIn } from '../src/markdown/definitions.ts'
import { createOutline } from '../src/markdown/outline.ts'
import { parseMarkdown } from '../src/markdown/parse.ts'
import { repairEnd } from '../src/markdown/repair.ts'
import { repairCode } from '../src/markdown/repair-code.ts'
import { randomConstructs, randomMarkdown } from './random-markdown.ts'

const seeds = Array.from({ length: 120 }, (_, seed) => seed)
const kinds = (text: string) => splitBlocks(text).map((block) => block.kind)

describe('splitting', () => {
  test.each([
    ['paragraphs', 'a\nb\n\nc', ['markdown', 'markdown']],
    ['a fence with blank lines', '```js\na\n\nb\n```\nc', ['fence', 'markdown']],
    ['a fence that nothing closes', 'a\n```\nb\n\nc', ['markdown', 'fence']],
    ['a longer fence around a shorter one', '````\n```\n````\na', ['fence', 'markdown']],
    ['a fence inside an item', '- a\n\n  ```\n  x\n\n  y\n  ```\n- b\n\nc', ['list', 'markdown']],
    ['a list that follows its sentence', 'Look:\n- a\n- b', ['markdown', 'list']],
    ['another bullet', '- a\n* b', ['list', 'list']],
    ['a table after its sentence', 'Look:\n| a | b |\n|---|---|\n| 1 | 2 |\n\nc', ['markdown', 'table', 'markdown']],
    ['dashes below words', 'a | b\n---', ['markdown']],
    ['a formula between sentences', 'a\n$$\nx\n$$\nb', ['markdown', 'math', 'markdown']],
    ['a sentence after a formula', '$$\nx\n$$, so', ['math', 'markdown']],
    ['a formula that a blank line leaves open', '$$\nx\n\ny', ['markdown', 'markdown']],
    ['headings', '# a\n## b\ntext', ['heading', 'heading', 'markdown']],
    ['indented code', '    a\n\n    b\n\nc', ['markdown', 'markdown']],
  ])('%s', (_name, text, expected) => {
    expect(kinds(text)).toEqual(expected)
  })

  test('code loses the indentation of its fence only', () => {
    expect(splitBlocks('  ```\n    a\n  b\n  ```')).toMatchObject([{ kind: 'fence', code: '  a\nb' }])
  })

  test('numbered lists go on from the number they begin with', () => {
    expect(splitBlocks('1. a\n```\nx\n```\n2. b\n3. c')).toMatchObject([
      { kind: 'list', firstNumber: 1 },
      { kind: 'fence' },
      { kind: 'list', firstNumber: 2, items: [{ text: '2. b' }, { text: '3. c' }] },
    ])
  })
})

describe('random Markdown', () => {
  test('a text that comes character by character ends with the blocks of the whole', () => {
    for (const seed of seeds) {
      const text = randomMarkdown(seed)
      const split = createBlockSplitter()
      for (let end = 1; end <= text.length; end += 1) split(text.slice(0, end))
      expect(split(text), `seed ${seed}`).toEqual(createBlockSplitter()(text))
    }
  })

  test('no beginning of a text makes the parser or the repair of its end throw', () => {
    for (const seed of seeds.slice(0, 12)) {
      const text = randomMarkdown(seed, 6)
      for (let end = 1; end <= text.length; end += 1) {
        const last = splitBlocks(text.slice(0, end)).at(-1)
        if (last) parseMarkdown(repairEnd(last.text))
      }
    }
  })

  test('blocks one by one say what the parser reads in the whole', () => {
    for (const seed of Array.from({ length: 300 }, (_, index) => index)) {
      // Formulas between blocks are read by the splitter alone.
      const text = randomConstructs(seed, 4)
        .replaceAll('$', '')
        .replaceAll(/\\[[(]/g, '')
      const blocks = splitBlocks(text)
      const definitions = definitionsIn(blocks)
      const nodes = blocks.flatMap((block) => nodesOf(block, definitions))
      expect(nodes.map(skeleton), `seed ${seed}: ${text}`).toEqual(parseMarkdown(text).nodes.map(skeleton))
    }
  })
})

test('a growing answer of 100 kB is split and parsed by its last blocks only', () => {
  const answer = Array.from({ length: 170 }, (_, seed) => randomMarkdown(seed, 24))
    .join('\n\n')
    .slice(0, 100_000)
  const outline = createOutline()
  const seen = new Set<Block>()
  let parsed = 0
  for (let end = 50; end <= answer.length; end += 50) {
    for (const block of outline(answer.slice(0, end)).blocks) {
      if (!seen.has(block)) parsed += block.text.length
      seen.add(block)
    }
  }
  expect(parsed).toBeLessThan(answer.length * 8)
})

describe('the end of a text that is still arriving', () => {
  test.each([
    ['a **bold', 'a **bold**'],
    ['a `code', 'a `code`'],
    ['see [the docs](https://exa', 'see [the docs](streamdown:incomplete-link)'],
    ['text\n--', 'text\n'],
    ['text\n| a | b |\n|--', 'text\n'],
    ['- [', '-'],
    ['a note[^1', 'a note'],
    ['it is \\(x_{i} +', 'it is `\\(x_{i} +`'],
    ['$a*b$ is *so', '$a*b$ is *so*'],
    ['costs $5 and $1', 'costs $5 and $1'],
    ['$HOME is', '$HOME is'],
    ['a <b', 'a <b'],
  ])('%j is shown as %j', (source, shown) => {
    expect(repairEnd(source)).toBe(shown)
  })

  test('the beginning of a closing fence is no code', () => {
    expect(repairCode('let a = `x`\n``')).toBe('let a = `x`')
    expect(repairCode('let a = `x`')).toBe('let a = `x`')
  })
})

/** What a block is shown as: lists by their items, tables by their cells. */
function nodesOf(block: Block, definitions: Definitions): Nodes[] {
  const parse = (text: string) => parseMarkdown(text, definitionsFor(text, definitions)).nodes
  const [node, ...others] = parse(block.text)
  if (block.kind !== 'list' || node?.type !== 'list') return node ? [node, ...others] : []
  const items = block.items.flatMap(({ text }) => parse(text))
  return [{ ...node, children: items.flatMap((item) => (item.type === 'list' ? item.children : [])) }]
}

/** The kinds and texts of a tree, without places, the looseness of lists and blank lines at the end of code. */
function skeleton(node: Nodes): unknown {
  const own = 'value' in node ? node.value.trimEnd() : 'url' in node ? node.url : ''
  return 'children' in node ? [node.type, own, node.children.map(skeleton)] : [node.type, own]
}
