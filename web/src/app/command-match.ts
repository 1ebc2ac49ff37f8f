/** Something to be found by its label. */
interface Named {
  label: string
  kind?: string | undefined
}

/**
 * Those of `items` that the text means, the best first; all of them in their order where there is no text. Every word has
 * to be found, be it as the beginning of a word, somewhere inside one, or by letters left out (`ncht` for `New chat`).
 * Case and accents do not matter.
 */
export function matching<T extends Named>(items: readonly T[], text: string): T[] {
  const words = fold(text).split(' ').filter(Boolean)
  if (words.length === 0) return [...items]
  return items
    .map((item) => ({ item, score: scoreOf(fold(`${item.label} ${item.kind ?? ''}`), words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ item }) => item)
}

/** Zero when a word is missing; more the earlier and the less broken the words are found. */
function scoreOf(label: string, words: string[]): number {
  const scores = words.map((word) => scoreOfWord(label, word))
  return scores.includes(0) ? 0 : scores.reduce((sum, score) => sum + score, 0)
}

function scoreOfWord(label: string, word: string): number {
  if (label.startsWith(word)) return 4
  if (label.includes(` ${word}`)) return 3
  if (label.includes(word)) return 2
  const density = Math.max(0, ...[...label.matchAll(/(^| )\S/g)].map((start) => densityFrom(label, start, word)))
  return density < minDensity ? 0 : density
}

/** Below this more letters would be left out than people leave out on purpose. */
const minDensity = 0.4

/** How many of the letters from the beginning of a word to the last one that was hit were hit: 0 to 1. */
function densityFrom(label: string, { index, 0: beginning }: RegExpExecArray, word: string): number {
  const start = index + beginning.length - 1
  let at = start - 1
  for (const letter of word) {
    at = label.indexOf(letter, at + 1)
    if (at < 0) return 0
  }
  return label[start] === word[0] ? word.length / (at + 1 - start) : 0
}

function fold(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLocaleLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}
