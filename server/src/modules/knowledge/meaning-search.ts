import type { Tx } from '../../platform/database/database.ts'
import type { Scope } from '../../platform/scope.ts'
import { nearestBySigns, type PassageKey } from './knowledge.repository.ts'
import { asBytes, type CompactVector, cosine } from './vectors.ts'

export interface MeaningHit extends PassageKey {
  /** Cosine, from -1 to 1. */
  similarity: number
  /** How far it stands out: 1 for the best, 0 for what is usual. */
  clarity: number
}

/** As many as the signs find near by are compared exactly. */
const compared = 400
/** With fewer, nothing can be said of what is usual. */
const minUsual = 20

/**
 * Passages that mean what the vector means, best first: those nearer to the best of them than to what is usual in the
 * project, so that a question it has no answer to does not lead to just anything.
 */
export async function searchMeaning(
  tx: Tx,
  scope: Scope,
  { projectId, space, vector }: { projectId: string; space: string; vector: CompactVector },
  limit: number,
): Promise<MeaningHit[]> {
  const near = await nearestBySigns(tx, scope, { projectId, model: space, signs: vector.signs, limit: compared })
  const hits = near.flatMap(({ fileId, ordinal, vector: stored }) => {
    const bytes = asBytes(stored)
    return bytes.length === vector.bytes.length ? [{ fileId, ordinal, similarity: cosine(vector.bytes, bytes) }] : []
  })
  hits.sort((a, b) => b.similarity - a.similarity)
  const best = hits[0]?.similarity ?? 0
  const usual = hits.length < minUsual ? Math.min(0, best) : (hits[hits.length >> 1]?.similarity ?? 0)
  const spread = Math.max(best - usual, Number.EPSILON)
  const judged = hits.slice(0, limit).map((hit) => ({ ...hit, clarity: (hit.similarity - usual) / spread }))
  return hits.length < minUsual ? judged : judged.filter(({ clarity }) => clarity >= 0.5)
}
