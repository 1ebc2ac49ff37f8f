import { wordsIn } from '../search/words.ts'
import type { PassageKey } from './knowledge.repository.ts'
import type { MeaningHit } from './meaning-search.ts'
import type { WordHit } from './word-search.ts'

/** A passage with its places in both searches. */
export interface FusedHit extends PassageKey {
  score: number
  wordsRank: number | null
  meaningRank: number | null
  similarity: number | null
  matched: string[]
}

/**
 * How much the first places stand out (https://doi.org/10.1145/1571941.1572114). With the usual 60 anything that both
 * searches find somewhere beats what one of them finds first, such as the one passage with a code.
 */
const rankOffset = 20

export function keyOf({ fileId, ordinal }: PassageKey): string {
  return `${fileId} ${ordinal}`
}

/**
 * One order out of two, best first: by reciprocal rank, less where a hit is far behind the best of its search, as the
 * second one is after the only passage with a code.
 */
export function fuse(words: WordHit[], meaning: MeaningHit[]): FusedHit[] {
  const fused = new Map<string, FusedHit>()
  const bestScore = words[0]?.score ?? 1
  for (const [index, { fileId, ordinal, matched, score }] of words.entries()) {
    const hit = { fileId, ordinal, matched, score: reciprocal(index) * (score / bestScore), wordsRank: index + 1 }
    fused.set(keyOf(hit), { ...hit, meaningRank: null, similarity: null })
  }
  for (const [index, { fileId, ordinal, similarity, clarity }] of meaning.entries()) {
    const known = fused.get(keyOf({ fileId, ordinal }))
    const before = known ?? { fileId, ordinal, matched: [], score: 0, wordsRank: null }
    const hit = { ...before, score: before.score + reciprocal(index) * clarity, meaningRank: index + 1, similarity }
    fused.set(keyOf(hit), hit)
  }
  return [...fused.values()].sort((a, b) => b.score - a.score || (a.wordsRank ?? 1000) - (b.wordsRank ?? 1000))
}

function reciprocal(index: number): number {
  return 1 / (rankOffset + index + 1)
}

/** What of a text is compared with others. */
export interface Fingerprint {
  /** Runs of three words. */
  shingles: Set<string>
  /** Texts that differ in these say different things, however alike they are. */
  numbers: string
}

const nearlyAll = 0.85

export function fingerprintOf(text: string): Fingerprint {
  const keys = Array.from(wordsIn(text), ({ key }) => key)
  const shingles = new Set<string>()
  for (let index = 0; index < Math.max(1, keys.length - 2); index++)
    shingles.add(keys.slice(index, index + 3).join(' '))
  return { shingles, numbers: keys.filter((key) => /\p{N}/u.test(key)).join(' ') }
}

/** Whether two texts say the same in nearly the same words (Jaccard similarity of their shingles). */
export function isNearDuplicate(a: Fingerprint, b: Fingerprint): boolean {
  if (a.numbers !== b.numbers) return false
  const [fewer, more] = a.shingles.size < b.shingles.size ? [a.shingles, b.shingles] : [b.shingles, a.shingles]
  if (fewer.size < more.size * nearlyAll) return false
  let common = 0
  for (const shingle of fewer) if (more.has(shingle)) common++
  return common / (fewer.size + more.size - common) >= nearlyAll
}
