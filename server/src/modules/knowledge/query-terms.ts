import type { Tx } from '../../platform/database/database.ts'
import type { Scope } from '../../platform/scope.ts'
import { countPassages, type SearchedProject } from './knowledge.repository.ts'
import { formsOf, type Stems } from './lexemes.ts'
import type { QueryWord } from './query-words.ts'

/** A search for words, and where it looks. */
export interface WordSearch {
  tx: Tx
  scope: Scope
  projectId: string
  project: SearchedProject
  /** Nobody waits any more: what is left of the search is not begun. */
  signal?: AbortSignal | undefined
}

/** Something to look for. */
export interface Term {
  /** As a tsquery literal. */
  query: string
  /** For people. */
  shown: string
  /** How sure it is that it was meant, up to 1. */
  trust: number
}

export interface CountedTerm extends Term {
  /** In how many it stands; see `commonFrom`. */
  passages: number
}

/** In a word that belongs to a code. */
const trustInPart = 0.3

/** The terms with the numbers of their passages. Throws the signal's reason once it has fired. */
export async function counted({ tx, projectId, signal }: WordSearch, terms: Term[]): Promise<CountedTerm[]> {
  signal?.throwIfAborted()
  if (terms.length === 0) return []
  const counts = await countPassages(
    tx,
    projectId,
    terms.map(({ query }) => query),
  )
  return terms.map((term, index) => ({ ...term, passages: counts[index] ?? 0 }))
}

/** The words of a query, each as it stands and by its stems, and the codes that some of them make together. */
export async function termsOf(
  search: WordSearch,
  words: QueryWord[],
  dictionaries: string[],
  stems: Stems,
): Promise<{ codes: CountedTerm[]; found: CountedTerm[] }> {
  const { codes, parts } = await codesOf(search, words)
  const terms = words.map((word) => ({
    ...termOf(word, dictionaries, stems),
    trust: parts.has(word.key) ? trustInPart : 1,
  }))
  return { codes, found: await counted(search, terms) }
}

/** A word as it stands and by its stems. */
export function termOf({ typed, word, key }: Omit<QueryWord, 'joined'>, dictionaries: string[], stems: Stems): Term {
  const lexemes = new Set([key])
  for (const name of dictionaries) for (const stem of formsOf(word, key, [name], stems).stems) lexemes.add(stem)
  return { query: anyOf(lexemes), shown: typed, trust: 1 }
}

/** Any of these lexemes, as a tsquery literal. */
export function anyOf(lexemes: Iterable<string>): string {
  return Array.from(lexemes, (lexeme) => `'${lexeme}'`).join(' | ')
}

export function isStopWordOf({ word, key }: QueryWord, dictionaries: string[], stems: Stems): boolean {
  return dictionaries.some((name) => formsOf(word, key, [name], stems).exact === null)
}

/**
 * Leaves out the stop words of the language that the query seems to be in: that with the most of them. Another
 * language's would leave out words that mean something (`war` in English). Where nothing would be left, all stay.
 */
export function withoutStopWords(words: QueryWord[], dictionaries: string[], stems: Stems): QueryWord[] {
  const rests = dictionaries.map((name) => words.filter((word) => !isStopWordOf(word, [name], stems)))
  const least = Math.min(words.length, ...rests.map((rest) => rest.length))
  if (words.length - least < 2 && words.length <= 3) return words
  const kept = words.filter((word) => rests.every((rest) => rest.length > least || rest.includes(word)))
  return kept.length > 0 ? kept : words
}

/** Quoted words side by side, as tsquery literals; a stop word among them may be any word. */
export function phrasesOf(phrases: string[][], words: QueryWord[], dictionaries: string[], stems: Stems): string[] {
  const byKey = new Map(words.map((word) => [word.key, word]))
  return phrases.flatMap((keys) => {
    let query = ''
    let distance = 0
    for (const key of keys) {
      distance++
      const word = byKey.get(key)
      if (word && isStopWordOf(word, dictionaries, stems)) continue
      query += query === '' ? `'${key}'` : ` <${distance}> '${key}'`
      distance = 0
    }
    return query === '' ? [] : [query]
  })
}

/** `XR-200` as one word, where it stands so somewhere; with the words that then say little by themselves. */
async function codesOf(search: WordSearch, words: QueryWord[]): Promise<{ codes: CountedTerm[]; parts: Set<string> }> {
  const joined = words.flatMap(({ key, joined: code }) => (code === null ? [] : [{ key, code }]))
  const terms = joined.map(({ code }) => ({ query: `'${code}'`, shown: code, trust: 1 }))
  const codes = (await counted(search, terms)).filter(({ passages }) => passages > 0)
  const known = new Set(codes.map(({ shown }) => shown))
  const parts = joined.filter(({ code }) => known.has(code)).flatMap(({ key, code }) => [key, code.slice(key.length)])
  return { codes, parts: new Set(parts) }
}
