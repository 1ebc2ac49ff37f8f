import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Word, wordsIn } from '../search/words.ts'
import { dictionariesOf, isStopWord } from './languages.ts'

/** Words as a dictionary wants them (in lower case, with their accents) and what it makes of each; nothing of a stop word. */
export type Stems = Map<string, Map<string, string[]>>

/** Asks the dictionaries for all of these words. */
export type Stemmer = (dictionaries: string[], words: string[]) => Promise<Stems>

/** How a word is looked up: folded as it stands, and by its stems; neither where it is a stop word. */
export interface Forms {
  exact: string | null
  stems: string[]
}

const arabic = /\p{Script=Arabic}/u
const notOfALexeme = /[^\p{L}\p{N}\p{M}\p{Extended_Pictographic}]/gu
const accents = /[\u0300-\u036f]/g

/** A word as dictionaries want it; Arabic without its points, which they do not know. */
export function dictionaryForm(text: string, { start, end, key }: Word): string {
  return arabic.test(key) ? key : text.slice(start, end).normalize('NFC').toLowerCase().slice(0, 64)
}

/** The forms of a word in these dictionaries' languages. It is a stop word where one of them says so. */
export function formsOf(word: string, key: string, dictionaries: string[], stems: Stems): Forms {
  const found = new Set<string>()
  for (const dictionary of dictionaries) {
    const made = stems.get(dictionary)?.get(word)
    if (made === undefined) continue
    if (made.length === 0 || isStopWord(dictionary, key)) return { exact: null, stems: [] }
    for (const stem of made) {
      const folded = stem.normalize('NFKD').replace(accents, '').replaceAll('ß', 'ss').replace(notOfALexeme, '')
      if (folded !== '') found.add(folded.normalize('NFC'))
    }
  }
  return { exact: key, stems: found.size > 0 ? [...found] : [key] }
}

/** A text whose words are to be found. */
export interface Source {
  text: string
  heading: string | null
  language: string
}

/** What is stored of a passage's words. */
export interface PassageLexemes {
  /** A tsvector literal. */
  vector: string
  /** In words. */
  length: number
}

/** What is stored of the words of a document. */
export interface DocumentLexemes {
  passages: PassageLexemes[]
  /** Its different words, folded, without stop words. */
  vocabulary: Set<string>
}

/** Weights as PostgreSQL names them, the last the least. */
type Weight = 'A' | 'B' | 'C' | 'D'

/** So many different words are stemmed by one question. */
const stemsAtOnce = 5000

/**
 * The words of a document's passages: stems in the languages of the passage and of the document with weight C (A in
 * headings), exact forms with D, so that names, codes and numbers are found as they stand.
 */
export async function lexemesOf(sources: Source[], language: string, stemmer: Stemmer): Promise<DocumentLexemes> {
  const stems = await stemsOf(sources, language, stemmer)
  const vocabulary = new Set<string>()
  for await (const source of paced(sources)) collectWords(source, vocabulary)
  const compounds = new Map<string, string[]>()
  const passages: PassageLexemes[] = []
  for await (const source of paced(sources)) {
    const dictionaries = dictionariesOf([source.language, language])
    const forms = (word: string, key: string) => formsOf(word, key, dictionaries, stems)
    const vector = new VectorBuilder()
    const length = vector.add(source.text, 'C', forms)
    if (source.heading) vector.add(source.heading, 'A', forms)
    for (const key of vector.exact) vector.addParts(partsOf(key, vocabulary, compounds))
    passages.push({ vector: vector.literal(), length })
  }
  return { passages, vocabulary }
}

/** So much is read without letting requests in between. */
const charsAtOnce = 20_000

async function* paced(sources: Source[]): AsyncGenerator<Source> {
  let chars = 0
  for (const source of sources) {
    yield source
    chars += source.text.length
    if (chars < charsAtOnce) continue
    chars = 0
    await nextTurn()
  }
}

/** The words of a document's name and title, with weight B, as a tsvector literal. */
export async function nameLexemes(name: string, language: string, stemmer: Stemmer): Promise<string> {
  const source = { text: name.replace(/\.\w{1,5}$/, ''), heading: null, language }
  const stems = await stemsOf([source], language, stemmer)
  const vector = new VectorBuilder()
  vector.add(source.text, 'B', (word, key) => formsOf(word, key, dictionariesOf([language]), stems))
  return vector.literal()
}

async function stemsOf(sources: Source[], language: string, stemmer: Stemmer): Promise<Stems> {
  const byDictionary = new Map<string, Set<string>>()
  for await (const { text, heading, language: own } of paced(sources)) {
    const forms = new Set<string>()
    for (const part of [text, heading ?? '']) for (const word of wordsIn(part)) forms.add(dictionaryForm(part, word))
    for (const dictionary of dictionariesOf([own, language])) {
      const words = byDictionary.get(dictionary) ?? new Set()
      byDictionary.set(dictionary, words)
      for (const form of forms) words.add(form)
    }
  }
  const stems: Stems = new Map()
  for (const [dictionary, words] of byDictionary) stems.set(dictionary, await stemsIn(dictionary, [...words], stemmer))
  return stems
}

async function stemsIn(dictionary: string, words: string[], stemmer: Stemmer): Promise<Map<string, string[]>> {
  const known = new Map<string, string[]>()
  for (let from = 0; from < words.length; from += stemsAtOnce) {
    const made = await stemmer([dictionary], words.slice(from, from + stemsAtOnce))
    for (const [word, forms] of made.get(dictionary) ?? []) known.set(word, forms)
  }
  return known
}

function collectWords({ text, heading }: Source, into: Set<string>): void {
  for (const part of [text, heading ?? '']) for (const { key } of wordsIn(part)) into.add(key)
}

/** Only so long ones are taken apart, and only into parts that mean something. */
const minCompound = 9
const minPart = 4

/**
 * The parts of a compound word such as `Kündigungsfrist`, where a document uses them by themselves too: the one it ends
 * with, and the one before where there is no more than a linking letter or two between.
 */
function partsOf(key: string, vocabulary: ReadonlySet<string>, known: Map<string, string[]>): string[] {
  if (key.length < minCompound || /\p{N}/u.test(key)) return []
  const remembered = known.get(key)
  if (remembered) return remembered
  const parts = new Set<string>()
  for (let at = minPart; at <= key.length - minPart; at++) {
    const [head, tail] = [key.slice(0, at), key.slice(at)]
    if (vocabulary.has(tail)) parts.add(tail)
    const bare = [head, head.replace(/(s|n|en|es)$/, '')].find((one) => one.length >= minPart && vocabulary.has(one))
    if (bare && vocabulary.has(tail)) parts.add(bare)
  }
  known.set(key, [...parts])
  return [...parts]
}

/** PostgreSQL keeps positions up to this. */
const maxPosition = 16_383
/** More occurrences of a word hardly change its rank. */
const maxPositions = 12

class VectorBuilder {
  readonly exact = new Set<string>()
  readonly #places = new Map<string, Map<number, Weight>>()
  #position = 0

  /** Adds the words of a text behind what is there; returns how many they are. */
  add(text: string, weight: Exclude<Weight, 'D'>, forms: (word: string, key: string) => Forms): number {
    const before = this.#position
    let joined: Word | undefined
    for (const word of wordsIn(text)) {
      this.#position = Math.min(this.#position + 1, maxPosition)
      const { exact, stems } = forms(dictionaryForm(text, word), word.key)
      for (const stem of stems) this.#put(stem, this.#position, weight)
      if (exact !== null) {
        this.exact.add(exact)
        this.#put(exact, this.#position, 'D')
      }
      // `XR-200` is also found as `XR200`.
      const isJoined = joined && isCode(joined.key, word.key) && /^[-./_]$/.test(text.slice(joined.end, word.start))
      if (joined && isJoined) this.#put(joined.key + word.key, this.#position, weight)
      joined = isJoined && joined ? { ...word, key: joined.key + word.key } : word
    }
    const count = this.#position - before
    this.#position = Math.min(this.#position + 1, maxPosition)
    return count
  }

  addParts(parts: string[]): void {
    for (const part of parts) this.#put(part, 1, 'D')
  }

  /** Each lexeme with its places; where two weights meet, the higher one counts. */
  literal(): string {
    return Array.from(this.#places, ([lexeme, places]) => {
      const list = Array.from(places, ([place, weight]) => `${place}${weight === 'D' ? '' : weight}`)
      return `'${lexeme}':${list.join(',')}`
    }).join(' ')
  }

  #put(lexeme: string, position: number, weight: Weight): void {
    const places = this.#places.get(lexeme) ?? new Map<number, Weight>()
    this.#places.set(lexeme, places)
    const there = places.get(position)
    if (there === undefined && places.size >= maxPositions) return
    if (there === undefined || weight < there) places.set(position, weight)
  }
}

/** Codes have digits; words joined by a sign are words. */
export function isCode(...keys: string[]): boolean {
  return keys.some((key) => /\p{N}/u.test(key)) && keys.every((key) => key.length <= 24)
}
