import type { Passage, ReadDocument } from '../server/src/documents/document.ts'

/**
 * Documents of made-up text: 300 words a passage from a vocabulary of 40,000 whose n-th word is used 1/n as often as
 * the first (Zipf), as in languages. Of them, every tenth document is German.
 */
export function* fillerDocuments(passages: number, perDocument: number): Generator<ReadDocument> {
  const random = generator(42)
  const words = vocabulary(random)
  for (let made = 0; made < passages; made += perDocument) {
    const language = (made / perDocument) % 10 === 9 ? 'de' : 'en'
    const count = Math.min(perDocument, passages - made)
    yield documentOf(
      Array.from({ length: count }, () => sentenceOf(words, random)),
      language,
    )
  }
}

function documentOf(texts: string[], language: string): ReadDocument {
  let start = 0
  const passages = texts.map((text, ordinal): Passage => {
    const end = start + text.length
    const passage = { ordinal, text, heading: null, page: null, start, end, language, tokens: 350 }
    start = end + 1
    return passage
  })
  return { kind: 'text', title: null, pages: null, characters: start, language, encoding: null, passages }
}

function sentenceOf(words: string[], random: () => number): string {
  const chosen = Array.from({ length: 300 }, () => words[Math.floor(words.length ** random()) - 1] ?? 'and')
  return chosen.join(' ')
}

/** Common words of the corpus first, so that questions meet them; then syllables put together. */
function vocabulary(random: () => number): string[] {
  const common =
    `price month day card water service account fee free order office week customer home phone contract number
    preis monat karte wasser kosten tage frist vertrag woche kunde haus rechnung precio mes agua tarjeta casa semana cliente
    guarantee return delivery battery password code error machine holiday ticket refund insurance`.split(/\s+/)
  const syllables = 'ba ter mon li sa ver den ko rin tal pe su gra no ti mer al do fen ist ur qua zel ni cro'.split(' ')
  const made = Array.from({ length: 40_000 }, () => {
    const length = 2 + Math.floor(random() * 3)
    return Array.from({ length }, () => syllables[Math.floor(random() * syllables.length)]).join('')
  })
  return [...common, ...made]
}

/** Numbers from 0 to 1 that are the same every time (mulberry32). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
