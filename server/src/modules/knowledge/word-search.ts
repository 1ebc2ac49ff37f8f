import { type PassageKey, type RankedPassage, rankPassages, stemWords } from './knowledge.repository.ts'
import { allDictionaries, dictionariesOf } from './languages.ts'
import { commonFrom, maxRanked } from './passage-search.functions.ts'
import { type CountedTerm, isStopWordOf, phrasesOf, termsOf, type WordSearch, withoutStopWords } from './query-terms.ts'
import { parseQuery } from './query-words.ts'
import { guessOf } from './word-guesses.ts'

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

/** Rarer words of a longer query decide. */
const maxTerms = 10
/** So many words that stand nowhere are guessed at: each costs a look at the words of the whole project. */
const maxGuesses = 6
/** Of the best one's score; below that, words have met by chance. */
const leastShare = 0.2

/**
 * Passages in which words of the query stand, ranked much like BM25: rare words count more, repetitions ever less, and
 * headings and names of documents more than text. A word that stands nowhere is taken for its parts, for the beginning
 * of another or for a typing error, in this order. Throws the signal's reason once it has fired.
 */
export async function searchWords(search: WordSearch, query: string, limit: number): Promise<WordHits> {
  const { tx, project } = search
  const parsed = parseQuery(query)
  const dictionaries = dictionariesOf(project.languages)
  // A text too short to tell its language is looked up as it is, yet no query needs its stop words.
  const known = project.languages.includes('und') ? allDictionaries : dictionaries
  const stems = await stemWords(
    tx,
    known,
    parsed.words.map(({ word }) => word),
  )
  const words = withoutStopWords(parsed.words, known, stems)
  const { codes, found } = await termsOf(search, words, dictionaries, stems)
  const terms = [...codes, ...found.filter(({ passages }) => passages > 0)]
  const corrections: WordHits['corrections'] = []
  const strange = words.filter((word, index) => found[index]?.passages === 0 && !isStopWordOf(word, known, stems))
  for (const word of strange.slice(0, maxGuesses)) {
    const guess = await guessOf(search, word, dictionaries)
    terms.push(...guess.terms)
    if (guess.correction !== undefined) corrections.push({ from: word.typed, to: guess.correction })
  }
  const required = phrasesOf(parsed.phrases, parsed.words, dictionaries, stems)
  return { hits: await hitsOf(search, terms, required, limit), corrections }
}

async function hitsOf(search: WordSearch, terms: CountedTerm[], required: string[], limit: number): Promise<WordHit[]> {
  const { tx, projectId, project, signal } = search
  const used = terms.toSorted((a, b) => a.passages - b.passages).slice(0, maxTerms)
  const weighed = used.map((term) => ({
    query: term.query,
    weight: term.trust * rarity(term.passages, project.passages),
  }))
  let ranked: RankedPassage[] = []
  for (const candidates of candidatesOf(used)) {
    signal?.throwIfAborted()
    ranked = await rankPassages(tx, { projectId, ...candidates, required, terms: weighed, limit })
    if (ranked.length > 0) break
  }
  const worthwhile = ranked.filter(({ score }) => score >= (ranked[0]?.score ?? 0) * leastShare)
  return worthwhile.map(({ fileId, ordinal, score, matched }) => {
    const shown = new Set(matched.map((place) => used[place - 1]?.shown ?? ''))
    return { fileId, ordinal, score, matched: [...shown] }
  })
}

/**
 * BM25's weight of a word: https://en.wikipedia.org/wiki/Okapi_BM25. Common ones are not counted to the end: they are
 * taken to stand in as many passages as lie between where counting stopped and all, in their ratio.
 */
function rarity(commonOrLess: number, all: number): number {
  const total = Math.max(all, commonOrLess)
  const passages = commonOrLess < commonFrom ? commonOrLess : Math.sqrt(commonOrLess * total)
  return Math.log(1 + (total - passages + 0.5) / (passages + 0.5))
}

/** Which passages to rank, as tsquery literals: all of the first, as far as they go, and some of those beside. */
interface Candidates {
  first: string
  beside: string | null
}

/**
 * Which passages to rank, and which ones where there are none of these. Any passage with a rare word, as many such words
 * as make a bounded number; beside them some with all the common ones. Where all words are common, passages that have
 * them all, then those that lack one, then any.
 */
function candidatesOf(rarestFirst: CountedTerm[]): Candidates[] {
  const queries = rarestFirst.map(({ query }) => `(${query})`)
  const rare = rarestFirst.filter(({ passages }) => passages < commonFrom)
  const common = queries.slice(rare.length)
  if (rare.length > 0) {
    const first = queries.slice(0, countWithin(rare, maxRanked)).join(' | ')
    return [{ first, beside: common.length > 1 ? common.join(' & ') : null }]
  }
  if (common.length <= 1) return common.map((first) => ({ first, beside: null }))
  const lackingOne = common.map((_, left) => `(${common.filter((__, index) => index !== left).join(' & ')})`)
  return [
    { first: common.join(' & '), beside: lackingOne.join(' | ') },
    { first: common.join(' | '), beside: null },
  ]
}

/** How many of them, one at least, stand in no more passages than that together. */
function countWithin(rarestFirst: CountedTerm[], most: number): number {
  let passages = 0
  for (const [index, term] of rarestFirst.entries()) {
    passages += term.passages
    if (passages > most) return Math.max(1, index)
  }
  return rarestFirst.length
}
