/** A word of a text: where it stands, in UTF-16 units, and what it is looked up by. */
export interface Word {
  start: number
  end: number
  key: string
}

/** Scripts that write no spaces between words. Each of their characters counts as a word. */
const unspaced =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}'

// Letters, digits and their marks make a word, joined by what is invisible inside one; a pictograph is one by itself.
const token = new RegExp(
  `[${unspaced}]\\p{M}*|(?:(?![${unspaced}])[\\p{L}\\p{N}\\p{M}\\u200c\\u200d\\u00ad])+|\\p{Extended_Pictographic}`,
  'gu',
)

const ascii = /^[\0-\x7f]*$/
/** Finds the same in a text without other characters, several times as fast. */
const asciiToken = /[a-z0-9]+/gi

/** Longer words, such as encoded data, are looked up by their beginning; PostgreSQL refuses lexemes over 2,046 bytes. */
const maxKeyLength = 64

/** The words of a text in order, found as they are asked for. */
export function* wordsIn(text: string): Generator<Word> {
  for (const match of text.matchAll(ascii.test(text) ? asciiToken : token)) {
    const key = keyOf(match[0])
    if (key !== '') yield { start: match.index, end: match.index + match[0].length, key }
  }
}

/** Accents of Latin, Greek and Cyrillic; the vowel points of Hebrew and Arabic; variation selectors. */
const accents = /[\u0300-\u036f]|[\u0591-\u05c7]|[\u064b-\u065f]|\u0670|[\ufe0e\ufe0f]/g
const notOfAWord = /[^\p{L}\p{N}\p{M}\p{Extended_Pictographic}]/gu

/** Letters that Unicode does not take apart, as people type them who lack the key. */
const plain: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
  ς: 'σ',
}
const special = new RegExp(`[${Object.keys(plain).join('')}]`, 'g')

/** Without case, accents, width and ligatures, so that `Café`, `CAFE` and `ｃａｆé` are the same. */
function keyOf(word: string): string {
  if (ascii.test(word)) return word.toLowerCase().slice(0, maxKeyLength)
  const folded = word
    .normalize('NFKD')
    .replace(accents, '')
    .toLowerCase()
    .replace(special, (letter) => plain[letter] ?? letter)
    .replace(notOfAWord, '')
    .normalize('NFC')
  return folded.length <= maxKeyLength ? folded : [...folded].slice(0, maxKeyLength).join('')
}

/** A tsvector has at most 1 MiB of lexemes and positions, and positions up to 16,383. */
const maxVectorBytes = 900_000
const maxPosition = 16_383
/** A lexeme's own positions: two bytes each, of which PostgreSQL keeps 255. */
const maxPositions = 255

/**
 * The words of a text as a tsvector literal, each with its positions. Of a text with too many different words, the
 * first ones.
 */
export function toVector(text: string): string {
  const positions = new Map<string, number[]>()
  let bytes = 0
  let position = 0
  for (const { key } of wordsIn(text)) {
    position = Math.min(position + 1, maxPosition)
    const known = positions.get(key)
    if (known) {
      if (known.length >= maxPositions || known.at(-1) === position) continue
      known.push(position)
      bytes += 2
    } else {
      positions.set(key, [position])
      bytes += Buffer.byteLength(key) + 8
    }
    if (bytes > maxVectorBytes) break
  }
  return Array.from(positions, ([key, places]) => `'${key}':${places.join(',')}`).join(' ')
}
