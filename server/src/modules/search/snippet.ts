import type { Phrase } from './search-terms.ts'
import { type Word, wordsIn } from './words.ts'

export interface Snippet {
  /** On one line; `…` where something was left out. */
  text: string
  /** The matches in it as `[start, end)` in UTF-16 units. */
  matches: [start: number, end: number][]
}

const lengthBefore = 60
const snippetLength = 240

/**
 * The part of a text around the first match, with all matches in that part; the text's beginning where there is none,
 * as when the match lies beyond what was given.
 */
export function snippetOf(text: string, wanted: readonly Phrase[]): Snippet {
  const found = matchesIn(text, wanted)
  const first = found.next()
  const start = first.done ? 0 : wholeCharacter(text, Math.max(0, first.value[0] - lengthBefore))
  const end = wholeCharacter(text, Math.min(text.length, start + snippetLength))
  const lead = start > 0 ? '…' : ''
  const matches: [number, number][] = []
  for (let match = first; !match.done && match.value[0] < end; match = found.next()) {
    const [from, to] = match.value
    matches.push([from - start + lead.length, Math.min(to, end) - start + lead.length])
  }
  const shown = text.slice(start, end).replace(/\s/g, ' ')
  return { text: `${lead}${shown}${end < text.length ? '…' : ''}`, matches }
}

/** Matches in order, none overlapping another; read no further than they are asked for. */
function* matchesIn(text: string, wanted: readonly Phrase[]): Generator<[start: number, end: number], undefined> {
  const source = wordsIn(text)
  const ahead: Word[] = []
  const longest = Math.max(...wanted.map(({ keys }) => keys.length))
  for (;;) {
    while (ahead.length < longest) {
      const next = source.next()
      if (next.done) break
      ahead.push(next.value)
    }
    const [head] = ahead
    if (!head) return
    const lengths = wanted.filter((phrase) => isAt(ahead, phrase)).map(({ keys }) => keys.length)
    const last = lengths.length === 0 ? undefined : ahead[Math.max(...lengths) - 1]
    if (last) yield [head.start, last.end]
    ahead.splice(0, last ? Math.max(...lengths) : 1)
  }
}

function isAt(words: readonly Word[], { keys, isPrefix }: Phrase): boolean {
  return keys.every((key, index) => {
    const word = words[index]?.key
    return isPrefix && index === keys.length - 1 ? word?.startsWith(key) === true : word === key
  })
}

/** The index, or the one before where it would cut a surrogate pair. */
function wholeCharacter(text: string, index: number): number {
  const code = text.charCodeAt(index)
  return code >= 0xdc00 && code <= 0xdfff ? index - 1 : index
}
