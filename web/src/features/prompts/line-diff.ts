import { diffLines, diffWordsWithSpace } from 'diff'

/** A piece of a line; marked where it differs from the line it replaces or is replaced by. */
export interface Piece {
  /** Where it begins in its line. */
  at: number
  text: string
  isMarked: boolean
}

export interface DiffLine {
  /** Where it stands among all lines of the comparison. */
  id: number
  kind: 'same' | 'added' | 'removed'
  pieces: Piece[]
}

/** Lines that follow each other: changed ones with what stands around them, or a stretch of equal ones between. */
export interface DiffBlock {
  id: string
  isFolded: boolean
  lines: DiffLine[]
}

export interface LineDiff {
  added: number
  removed: number
  blocks: DiffBlock[]
}

/** Beyond this many edits two texts have nothing in common that is worth showing, and the search would take long. */
const maxLineEdits = 1000
const maxWordEdits = 60
/** Equal lines shown around a change. */
const contextLines = 3

/** What has to change, line by line and within the lines, to get from one text to another. */
export function diffTexts(before: string, after: string): LineDiff {
  const lines = compareLines(before, after).map((line, id) => ({ ...line, id }))
  const count = (kind: DiffLine['kind']) => lines.filter((line) => line.kind === kind).length
  return { added: count('added'), removed: count('removed'), blocks: fold(lines) }
}

type UnnamedLine = Omit<DiffLine, 'id'>

function compareLines(before: string, after: string): UnnamedLine[] {
  const changes = diffLines(endLine(before), endLine(after), { maxEditLength: maxLineEdits }) ?? [
    { value: endLine(before), removed: true, added: false },
    { value: endLine(after), removed: false, added: true },
  ]
  const lines: UnnamedLine[] = []
  let removed: string[] = []
  for (const change of changes) {
    const texts = splitLines(change.value)
    if (change.removed) {
      removed = texts
      continue
    }
    if (change.added) lines.push(...pair(removed, texts))
    else lines.push(...pair(removed, []), ...texts.map((text) => plain('same', text)))
    removed = []
  }
  return [...lines, ...pair(removed, [])]
}

/** Old lines, then the new ones, with the words marked that differ between the lines of the same place. */
function pair(removed: string[], added: string[]): UnnamedLine[] {
  const before = removed.map((text) => plain('removed', text))
  const after = added.map((text) => plain('added', text))
  for (const [index, from] of removed.entries()) {
    const to = added[index]
    const words = to === undefined ? undefined : diffWordsWithSpace(from, to, { maxEditLength: maxWordEdits })
    if (!words?.some((word) => !word.added && !word.removed && word.value.trim() !== '')) continue
    before[index] = { kind: 'removed', pieces: piecesOf(words.filter((word) => !word.added)) }
    after[index] = { kind: 'added', pieces: piecesOf(words.filter((word) => !word.removed)) }
  }
  return [...before, ...after]
}

function piecesOf(words: { value: string; added: boolean; removed: boolean }[]): Piece[] {
  let end = 0
  return words.map(({ value, added, removed }) => {
    const at = end
    end += value.length
    return { at, text: value, isMarked: added || removed }
  })
}

function plain(kind: DiffLine['kind'], text: string): UnnamedLine {
  return { kind, pieces: [{ at: 0, text, isMarked: false }] }
}

/** Groups lines into stretches to show and stretches of equal lines that are far from any change. */
function fold(lines: DiffLine[]): DiffBlock[] {
  const changed = lines.flatMap(({ kind }, index) => (kind === 'same' ? [] : [index]))
  const near = new Set(
    changed.flatMap((index) => Array.from({ length: 2 * contextLines + 1 }, (_, step) => index + step - contextLines)),
  )
  const blocks: DiffBlock[] = []
  for (const [index, line] of lines.entries()) {
    const isFolded = !near.has(index)
    const last = blocks.at(-1)
    if (last?.isFolded === isFolded) last.lines.push(line)
    else blocks.push({ id: `block-${index}`, isFolded, lines: [line] })
  }
  return blocks
}

/** The last line counts as equal with and without a break at its end. */
function endLine(text: string): string {
  const lines = text.replaceAll('\r\n', '\n')
  return lines === '' || lines.endsWith('\n') ? lines : `${lines}\n`
}

function splitLines(text: string): string[] {
  return text.replace(/\n$/, '').split('\n')
}
