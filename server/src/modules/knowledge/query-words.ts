import { wordsIn } from '../search/words.ts'
import { dictionaryForm, isCode } from './lexemes.ts'

/** A word of a query. */
export interface QueryWord {
  /** As it was typed. */
  typed: string
  key: string
  /** As dictionaries want it. */
  word: string
  /** With the words it is joined to, where they make a code: `xr200` for `XR-200`. */
  joined: string | null
}

export interface ParsedQuery {
  /** Each once, in the order they came. */
  words: QueryWord[]
  /** What was put in quotes and must stand in a passage as it is, word for word. */
  phrases: string[][]
}

/** Longer queries are read so far. */
const maxWords = 48

const quoted = /"([^"]+)"|“([^”]+)”|„([^“”]+)[“”]|«([^»]+)»/g

/** Takes a query apart. */
export function parseQuery(query: string): ParsedQuery {
  const phrases = Array.from(query.matchAll(quoted), (match) => match.slice(1).find((part) => part !== undefined) ?? '')
  return { words: wordsOf(query), phrases: phrases.map(keysOf).filter((keys) => keys.length > 0) }
}

function wordsOf(query: string): QueryWord[] {
  const words = new Map<string, QueryWord>()
  const all = [...wordsIn(query)]
  for (const [index, word] of all.entries()) {
    if (words.size >= maxWords) break
    if (words.has(word.key)) continue
    const next = all[index + 1]
    const isJoined = next && isCode(word.key, next.key) && /^[-./_ ]?$/.test(query.slice(word.end, next.start))
    words.set(word.key, {
      typed: query.slice(word.start, word.end),
      key: word.key,
      word: dictionaryForm(query, word),
      joined: isJoined ? word.key + next.key : null,
    })
  }
  return [...words.values()]
}

function keysOf(text: string): string[] {
  return Array.from(wordsIn(text), ({ key }) => key)
}
