import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type EmbeddingModel, type EmbeddingUsage, vectorSpace } from '../../llm/embeddings.ts'
import { isRefusalOfText, logFieldsOf } from '../../llm/provider-error.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Scope } from '../../platform/scope.ts'
import type { SearchedProject } from './knowledge.repository.ts'
import { type CompactVector, compact } from './vectors.ts'

interface Deps {
  embeddings: EmbeddingModel
  logger: Logger
  /** Told what a query took that was not remembered. */
  onUsage(scope: Scope, project: SearchedProject, usage: EmbeddingUsage): void
}

/** A search waits so long for its vector, then goes by words alone. */
const patienceMs = 1500
/** After a failure nobody waits for so long. A refused query is no failure: others are not to pay for one tenant's. */
const restMs = 10_000
const remembered = { max: 500, ttl: 10 * 60_000 }

export type QueryVectors = ReturnType<typeof createQueryVectors>

/** The vectors of queries, remembered for a while for the workspace that asked. */
export function createQueryVectors({ embeddings, logger, onUsage }: Deps) {
  const known = new LRUCache<string, CompactVector>(remembered)
  let restsUntilMs = 0

  return {
    space: vectorSpace(embeddings),

    /** Null where the model fails or takes too long; never throws. */
    async of(
      scope: Scope,
      project: SearchedProject,
      query: string,
      signal?: AbortSignal,
    ): Promise<CompactVector | null> {
      const key = createHash('sha256').update(`${scope.workspaceId}\n${query}`).digest('base64')
      const before = known.get(key)
      if (before) return before
      if (performance.now() < restsUntilMs) return null
      const patience = AbortSignal.timeout(patienceMs)
      try {
        const either = signal ? AbortSignal.any([signal, patience]) : patience
        const { vectors, usage } = await embeddings.embed([query], either)
        const [vector] = vectors
        if (!vector) return null
        const made = compact(vector)
        known.set(key, made)
        onUsage(scope, project, usage)
        return made
      } catch (error) {
        if (signal?.aborted) return null
        if (!isRefusalOfText(error)) restsUntilMs = performance.now() + restMs
        const fields = { provider: embeddings.provider, model: embeddings.model, timed_out: patience.aborted }
        logger.warn({ ...fields, ...logFieldsOf(error) }, 'a query has no vector, searching by words alone')
        return null
      }
    },
  }
}
