/** A word of the vocabulary that may have been meant, the likeliest first. */
export interface Candidate {
  word: string
  distance: number
}

/** How many letters may be wrong: none in short words, where almost anything would be near by. */
export function allowedErrors(word: string): number {
  if (word.length < 4 || /\p{N}/u.test(word)) return 0
  return word.length < 8 ? 1 : 2
}

/**
 * The words within the allowed distance, nearest first; among equals, those that begin alike. Letters that have changed
 * places count as one error (optimal string alignment distance).
 */
export function nearestWords(word: string, vocabulary: Iterable<string>): Candidate[] {
  const allowed = allowedErrors(word)
  if (allowed === 0) return []
  const letters = [...word]
  const found: (Candidate & { begins: number })[] = []
  for (const candidate of new Set(vocabulary)) {
    if (Math.abs(candidate.length - word.length) > allowed) continue
    const distance = alignmentDistance(letters, [...candidate], allowed)
    if (distance <= allowed) found.push({ word: candidate, distance, begins: commonBeginning(word, candidate) })
  }
  found.sort((a, b) => a.distance - b.distance || b.begins - a.begins || (a.word < b.word ? -1 : 1))
  return found.map(({ word: near, distance }) => ({ word: near, distance }))
}

/** Letters of the alphabets that words are mistyped in, without accents. */
const alphabets = ['abcdefghijklmnopqrstuvwxyz', 'ابتثجحخدذرزسشصضطظعغفقكلمنهوية', 'абвгдежзийклмнопрстуфхцчшщъыьэюя']

/**
 * Every word that one error leads from: a wrong letter, one too few, one too many, or two that have changed places. Null
 * for a word with letters of none of the alphabets.
 */
export function oneErrorAway(word: string): string[] | null {
  const alphabet = alphabets.find((letters) => [...word].every((letter) => letters.includes(letter)))
  if (alphabet === undefined) return null
  const found = new Set<string>()
  for (let at = 0; at <= word.length; at++) {
    const [before, first, second, rest] = [word.slice(0, at), word.charAt(at), word.charAt(at + 1), word.slice(at + 2)]
    found.add(before + second + rest).add(before + second + first + rest)
    for (const letter of alphabet) found.add(before + letter + second + rest).add(before + letter + word.slice(at))
  }
  found.delete(word)
  return [...found]
}

function commonBeginning(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return length
}

/** The distance, or more than `max` where it is more than that. */
function alignmentDistance(a: string[], b: string[], max: number): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1]
      let least = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (isSame ? 0 : 1))
      const isSwapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (isSwapped) least = Math.min(least, at(beforeLast, column - 2) + 1)
      current.push(least)
    }
    if (Math.min(...current) > max) return max + 1
    beforeLast = last
    last = current
  }
  return at(last, b.length)
}

function at(row: number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY
}
