import { allowedErrors, type Candidate, nearestWords, oneErrorAway } from './corrections.ts'
import { knownWords, similarWords, stemWords } from './knowledge.repository.ts'
import { anyOf, type CountedTerm, counted, type Term, termOf, type WordSearch } from './query-terms.ts'
import type { QueryWord } from './query-words.ts'

interface Guess {
  terms: CountedTerm[]
  /** The word it is taken for, where it was taken for a typing error. */
  correction?: string
}

/** What a word that stands nowhere may stand for: its parts, the beginning of another, or, failing these, a typing error. */
export async function guessOf(search: WordSearch, { typed, key }: QueryWord, dictionaries: string[]): Promise<Guess> {
  const readings = [...splitsOf(key), ...beginningOf(key), ...cutsOf(key)]
  const tried = await counted(
    search,
    readings.flat().map((reading) => ({ ...reading, shown: typed })),
  )
  for (const reading of readings) {
    const terms = tried.splice(0, reading.length)
    if (terms.every(({ passages }) => passages > 0)) return { terms }
  }
  return allowedErrors(key) === 0 ? { terms: [] } : correctionOf(search, key, dictionaries)
}

async function correctionOf(search: WordSearch, key: string, dictionaries: string[]): Promise<Guess> {
  const near = await wordsNear(search, key)
  const [best] = near
  if (!best) return { terms: [] }
  const meant = near.slice(0, 3).filter(({ distance }) => distance === best.distance)
  const stems = await stemWords(
    search.tx,
    dictionaries,
    meant.map(({ word }) => word),
  )
  const terms = meant.map(({ word }, index) => ({
    ...termOf({ typed: word, key: word, word }, dictionaries, stems),
    trust: index === 0 ? 0.8 : 0.4,
  }))
  const found = (await counted(search, terms)).filter(({ passages }) => passages > 0)
  return { terms: found, correction: best.word }
}

/** Nearest first. Words with one error are looked up, each in turn; only for two is the vocabulary gone through. */
async function wordsNear({ tx, scope, projectId, signal }: WordSearch, key: string): Promise<Candidate[]> {
  signal?.throwIfAborted()
  const spellings = oneErrorAway(key)
  const near = spellings === null ? [] : nearestWords(key, await knownWords(tx, scope, projectId, spellings))
  if (near.length > 0 || (spellings !== null && allowedErrors(key) === 1)) return near
  signal?.throwIfAborted()
  return nearestWords(key, await similarWords(tx, scope, projectId, key))
}

/** One way to read a word: all of it has to stand somewhere. */
type Reading = Omit<Term, 'shown'>[]

/** `XR200` as `XR 200`; a long word as two, for each place where it may be divided. */
function splitsOf(key: string): Reading[] {
  const pieces = key.match(/\p{L}+|\p{N}+/gu) ?? []
  if (pieces.length > 1) return [[{ query: pieces.map((piece) => `'${piece}'`).join(' <-> '), trust: 1 }]]
  const splits: Reading[] = []
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

function beginningOf(key: string): Reading[] {
  return key.length >= 5 ? [[{ query: `'${key}':*`, trust: 0.7 }]] : []
}

/** Words that this one may go on from, the longest first: `Jahresabo` for `Jahresabonnement`. */
function cutsOf(key: string): Reading[] {
  const cuts: Reading[] = []
  for (let length = key.length - 3; length >= 6; length--)
    cuts.push([{ query: `'${key.slice(0, length)}'`, trust: 0.5 }])
  return cuts
}
