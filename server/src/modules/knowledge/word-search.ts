import type { Tx } from '../../platform/database/database.ts'
import type { Scope } from '../../platform/scope.ts'
import { type Candidate, nearestWords, withOtherBeginning } from './corrections.ts'
import {
  countPassages,
  type PassageKey,
  rankPassages,
  type SearchedProject,
  similarWords,
  stemWords,
} from './knowledge.repository.ts'
import { allDictionaries, dictionariesOf } from './languages.ts'
import { formsOf, type Stems } from './lexemes.ts'
import { commonFrom, maxRanked } from './passage-search.functions.ts'
import { parseQuery, type QueryWord } from './query-words.ts'

export interface WordHit extends PassageKey {
  score: number
  /** Words of the query that led to it, as they were looked for. */
  matched: string[]
}

export interface WordHits {
  /** Best first. */
  hits: WordHit[]
  corrections: { from: string; to: string }[]
}

/** Something to look for. */
interface Term {
  /** As a tsquery literal. */
  query: string
  /** For people. */
  shown: string
  /** How sure it is that it was meant, up to 1. */
  trust: number
}

interface CountedTerm extends Term {
  passages: number
}

interface Search {
  tx: Tx
  scope: Scope
  projectId: string
  project: SearchedProject
}

/** Rarer words of a longer query decide. */
const maxTerms = 10
/** Of the best one's score; below that, words have met by chance. */
const leastShare = 0.2
/** In a word that belongs to a code. */
const trustInPart = 0.3

/**
 * Passages in which words of the query stand, ranked much like BM25: rare words count more, repetitions ever less, and
 * headings and names of documents more than text. A word that stands nowhere is taken for its parts, for the beginning
 * of another or for a typing error, in this order.
 */
export async function searchWords(search: Search, query: string, limit: number): Promise<WordHits> {
  const { tx, projectId, project } = search
  const parsed = parseQuery(query)
  const dictionaries = dictionariesOf(project.languages)
  // A text too short to tell its language is looked up as it is, yet no query needs its stop words.
  const known = project.languages.includes('und') ? allDictionaries : dictionaries
  const stems = await stemWords(tx, known, parsed.words.map(wordOf))
  const words = withoutStopWords(parsed.words, known, stems)
  const { codes, parts } = await codesOf(search, words)
  const found = await count(
    search,
    words.map((word) => ({ ...termOf(word, dictionaries, stems), trust: parts.has(word.key) ? trustInPart : 1 })),
  )
  const terms = [...codes, ...found.filter(({ passages }) => passages > 0)]
  const corrections: WordHits['corrections'] = []
  for (const [index, word] of words.entries()) {
    if (found[index]?.passages !== 0 || isStopWordOf(word, known, stems)) continue
    const guess = await guessOf(search, word, dictionaries)
    terms.push(...guess.terms)
    if (guess.correction !== undefined) corrections.push({ from: word.typed, to: guess.correction })
  }
  if (terms.length === 0) return { hits: [], corrections }
  const used = terms.toSorted((a, b) => a.passages - b.passages).slice(0, maxTerms)
  const ranking = {
    projectId,
    candidates: candidatesOf(used),
    required: requiredOf(parsed.phrases, parsed.words, dictionaries, stems),
    terms: used.map((term) => ({ query: term.query, weight: term.trust * rarity(term.passages, project.passages) })),
    limit,
  }
  const ranked = await rankPassages(tx, ranking)
  const worthwhile = ranked.filter(({ score }) => score >= (ranked[0]?.score ?? 0) * leastShare)
  const hits = worthwhile.map(({ fileId, ordinal, score, matched }) => {
    const shown = new Set(matched.map((place) => used[place - 1]?.shown ?? ''))
    return { fileId, ordinal, score, matched: [...shown] }
  })
  return { hits, corrections }
}

/**
 * BM25's weight of a word: https://en.wikipedia.org/wiki/Okapi_BM25. Common ones are not counted to the end: they are
 * taken to stand in as many passages as lie between where counting stopped and all, in their ratio.
 */
function rarity(counted: number, all: number): number {
  const total = Math.max(all, counted)
  const passages = counted < commonFrom ? counted : Math.sqrt(counted * total)
  return Math.log(1 + (total - passages + 0.5) / (passages + 0.5))
}

/**
 * Leaves out the stop words of the language that the query seems to be in: that with the most of them. Another
 * language's would leave out words that mean something (`war` in English). Where nothing would be left, all stay.
 */
function withoutStopWords(words: QueryWord[], dictionaries: string[], stems: Stems): QueryWord[] {
  const rests = dictionaries.map((name) => words.filter((word) => !isStopWordOf(word, [name], stems)))
  const least = Math.min(words.length, ...rests.map((rest) => rest.length))
  if (words.length - least < 2 && words.length <= 3) return words
  const kept = words.filter((word) => rests.every((rest) => rest.length > least || rest.includes(word)))
  return kept.length > 0 ? kept : words
}

const wordOf = ({ word }: Pick<QueryWord, 'word'>) => word

function isStopWordOf({ word, key }: QueryWord, dictionaries: string[], stems: Stems): boolean {
  return dictionaries.some((name) => formsOf(word, key, [name], stems).exact === null)
}

/** `XR-200` as one word, where it stands so somewhere; with the words that then say little by themselves. */
async function codesOf(search: Search, words: QueryWord[]): Promise<{ codes: CountedTerm[]; parts: Set<string> }> {
  const joined = words.flatMap(({ key, joined: code }) => (code === null ? [] : [{ key, code }]))
  const counted = await count(
    search,
    joined.map(({ code }) => ({ query: `'${code}'`, shown: code, trust: 1 })),
  )
  const codes = counted.filter(({ passages }) => passages > 0)
  const known = new Set(codes.map(({ shown }) => shown))
  const parts = joined.filter(({ code }) => known.has(code)).flatMap(({ key, code }) => [key, code.slice(key.length)])
  return { codes, parts: new Set(parts) }
}

function termOf({ typed, word, key }: Omit<QueryWord, 'joined'>, dictionaries: string[], stems: Stems): Term {
  const lexemes = new Set([key])
  for (const name of dictionaries) for (const stem of formsOf(word, key, [name], stems).stems) lexemes.add(stem)
  return { query: anyOf(lexemes), shown: typed, trust: 1 }
}

async function count({ tx, projectId }: Search, terms: Term[]): Promise<CountedTerm[]> {
  if (terms.length === 0) return []
  const counts = await countPassages(
    tx,
    projectId,
    terms.map(({ query }) => query),
  )
  return terms.map((term, index) => ({ ...term, passages: counts[index] ?? 0 }))
}

/** What a word that stands nowhere may stand for. */
async function guessOf(
  search: Search,
  { typed, key }: QueryWord,
  dictionaries: string[],
): Promise<{ terms: CountedTerm[]; correction?: string }> {
  const guesses = [...splitsOf(key), [beginningWith(key)], ...cutsOf(key)].filter((guess) => guess.length > 0)
  const tried = await count(
    search,
    guesses.flat().map((guess) => ({ ...guess, shown: typed })),
  )
  for (const guess of guesses) {
    const terms = tried.splice(0, guess.length)
    if (terms.every(({ passages }) => passages > 0)) return { terms }
  }
  const near = nearestWords(key, await similarWords(search.tx, search.scope, search.projectId, key))
  const [best = await withFirstLetterRight(search, key)] = near
  if (!best) return { terms: [] }
  if (near.length === 0) near.push(best)
  const meant = near.filter(({ distance }) => distance === best.distance).slice(0, 3)
  const stems = await stemWords(
    search.tx,
    dictionaries,
    meant.map(({ word }) => word),
  )
  const terms = meant.map(({ word }) => termOf({ typed: word, key: word, word }, dictionaries, stems))
  const counted = await count(
    search,
    terms.map((term, index) => ({ ...term, trust: index === 0 ? 0.8 : 0.4 })),
  )
  return { terms: counted.filter(({ passages }) => passages > 0), correction: best.word }
}

/** The word that was meant, where its first letter is wrong. */
async function withFirstLetterRight(search: Search, key: string): Promise<Candidate | undefined> {
  const words = withOtherBeginning(key)
  const counted = await count(
    search,
    words.map((word) => ({ query: `'${word}'`, shown: word, trust: 1 })),
  )
  const word = counted.toSorted((a, b) => b.passages - a.passages).find(({ passages }) => passages > 0)?.shown
  return word === undefined ? undefined : { word, distance: 1 }
}

type Guess = Omit<Term, 'shown'>

/** `XR200` as `XR 200`; a long word as two, for each place where it may be divided. */
function splitsOf(key: string): Guess[][] {
  const pieces = key.match(/\p{L}+|\p{N}+/gu) ?? []
  if (pieces.length > 1) return [[{ query: pieces.map((piece) => `'${piece}'`).join(' <-> '), trust: 1 }]]
  const splits: Guess[][] = []
  for (let at = key.length - 4; at >= 4; at--) {
    const [head, tail] = [key.slice(0, at), key.slice(at)]
    const heads = new Set([head, head.replace(/(s|n|en|es)$/, '')].filter((one) => one.length >= 4))
    splits.push([
      { query: anyOf(heads), trust: 0.6 },
      { query: `'${tail}'`, trust: 0.6 },
    ])
  }
  return splits
}

function beginningWith(key: string): Guess {
  return { query: key.length >= 5 ? `'${key}':*` : `'${key}'`, trust: 0.7 }
}

/** Words that this one may go on from, the longest first: `Jahresabo` for `Jahresabonnement`. */
function cutsOf(key: string): Guess[][] {
  const cuts: Guess[][] = []
  for (let length = key.length - 3; length >= 6; length--)
    cuts.push([{ query: `'${key.slice(0, length)}'`, trust: 0.5 }])
  return cuts
}

/**
 * Which passages to rank: those with the rarest words, as many of them as make a bounded number. Where all words are
 * common, those that have them all.
 */
function candidatesOf(rarestFirst: CountedTerm[]): string {
  const [rarest] = rarestFirst
  if (rarest && rarest.passages >= commonFrom) return rarestFirst.map(({ query }) => `(${query})`).join(' & ')
  const chosen: string[] = []
  let passages = 0
  for (const term of rarestFirst) {
    passages += term.passages
    if (passages > maxRanked && chosen.length > 0) break
    chosen.push(`(${term.query})`)
  }
  return chosen.join(' | ')
}

/** Quoted words side by side; a stop word among them may be any word. */
function requiredOf(phrases: string[][], words: QueryWord[], dictionaries: string[], stems: Stems): string[] {
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

function anyOf(lexemes: Iterable<string>): string {
  return Array.from(lexemes, (lexeme) => `'${lexeme}'`).join(' | ')
}
