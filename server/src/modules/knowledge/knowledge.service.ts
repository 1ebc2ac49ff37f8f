import type { FoundPassage, PassageSearch, PassageSearchResult } from '@chatbot-platform/contract'
import type { EmbeddingModel } from '../../llm/embeddings.ts'
import type { PriceBook } from '../../llm/prices.ts'
import type { Database, Tx } from '../../platform/database/database.ts'
import { invalid, notFound } from '../../platform/errors.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Scope } from '../../platform/scope.ts'
import { recordEmbedding } from './embedding-usage.ts'
import { type FusedHit, fingerprintOf, fuse, isNearDuplicate, keyOf } from './fusion.ts'
import { findSearchedProject, type PassageRow, readPassages } from './knowledge.repository.ts'
import { type MeaningHit, searchMeaning } from './meaning-search.ts'
import { createQueryVectors } from './query-vectors.ts'
import { searchWords, type WordHits } from './word-search.ts'

interface Deps {
  db: Database
  /** Null: passages are found by their words alone. */
  embeddings: EmbeddingModel | null
  prices: Pick<PriceBook, 'costOf'>
  logger: Logger
}

export type KnowledgeService = ReturnType<typeof createKnowledgeService>

interface Bounds {
  limit: number
  maxTokens: number
}

interface Found {
  passages: FoundPassage[]
  corrections: WordHits['corrections']
  byMeaning: boolean
}

/** Of each search; what comes later hardly ever answers anything. */
const maxHits = 50

const saysSomething = /[\p{L}\p{N}]/u

/** Finds passages of a project's documents, by their words and by their meaning. */
export function createKnowledgeService({ db, embeddings, prices, logger }: Deps) {
  const vectors =
    embeddings &&
    createQueryVectors({
      embeddings,
      logger,
      onUsage: (scope, project, usage) => {
        const { id: projectId, name: projectName } = project
        const booked = { projectId, projectName, usage, prices, userId: scope.userId }
        db.tenant(scope, (tx) => recordEmbedding(tx, scope, booked)).catch((error: unknown) =>
          logger.warn({ err: error }, 'the embedding of a query is not in the ledger'),
        )
      },
    })

  /**
   * The words are looked for while the model makes the vector; nothing is held open while it is waited for. One
   * transaction where no vector is wanted, else two.
   */
  async function find(
    scope: Scope,
    projectId: string,
    query: string,
    bounds: Bounds,
    signal?: AbortSignal,
  ): Promise<Found> {
    const first = await db.read(scope, async (tx) => {
      const project = await findSearchedProject(tx, scope, projectId, vectors?.space ?? null)
      if (!project) throw notFound('project')
      const vector =
        vectors && project.hasVectors && saysSomething.test(query) ? vectors.of(scope, project, query, signal) : null
      const words = await searchWords({ tx, scope, projectId, project, signal }, query, maxHits)
      const passages = vector ? null : await readChosen(tx, scope, projectId, fuse(words.hits, []), bounds)
      return { vector, words, passages }
    })
    const { corrections, hits } = first.words
    if (first.passages) return { passages: first.passages, corrections, byMeaning: false }
    const vector = await first.vector
    signal?.throwIfAborted()
    const passages = await db.read(scope, async (tx) => {
      let meaning: MeaningHit[] = []
      if (vectors && vector)
        meaning = await searchMeaning(tx, scope, { projectId, space: vectors.space, vector }, maxHits)
      return readChosen(tx, scope, projectId, fuse(hits, meaning), bounds)
    })
    return { passages, corrections, byMeaning: vector !== null }
  }

  return {
    /** The search bench. Throws 404 for a project that is not this tenant's, 422 where there is nothing to look for. */
    async search(scope: Scope, projectId: string, input: PassageSearch): Promise<PassageSearchResult> {
      const startedMs = performance.now()
      const bounds = { limit: input.limit, maxTokens: input.max_tokens }
      if (!saysSomething.test(input.query)) throw invalid(['body', 'query'], 'Name at least one word to look for.')
      const { passages, corrections, byMeaning } = await find(scope, projectId, input.query, bounds)
      return {
        passages,
        mode: byMeaning ? 'words_and_meaning' : 'words',
        corrections,
        took_ms: Math.round((performance.now() - startedMs) * 10) / 10,
      }
    },

    /**
     * What an answer is given to go by, best first; empty where nothing fits. A model that makes no vector of the query is
     * no failure: words alone decide then. Throws 404 for a project that is not this tenant's, and the signal's reason.
     */
    async retrieve(
      scope: Scope,
      projectId: string,
      query: string,
      options: Bounds & { signal: AbortSignal },
    ): Promise<FoundPassage[]> {
      return (await find(scope, projectId, query, options, options.signal)).passages
    },
  }
}

async function readChosen(
  tx: Tx,
  scope: Scope,
  projectId: string,
  fused: FusedHit[],
  bounds: Bounds,
): Promise<FoundPassage[]> {
  const rows = fused.length === 0 ? [] : await readPassages(tx, scope, projectId, fused)
  return choose(fused, new Map(rows.map((row) => [keyOf(row), row])), bounds)
}

/** The best of them that fit, without those that say again what a better one says. */
function choose(fused: FusedHit[], rows: Map<string, PassageRow>, { limit, maxTokens }: Bounds): FoundPassage[] {
  const chosen: FoundPassage[] = []
  const fingerprints: ReturnType<typeof fingerprintOf>[] = []
  let tokens = 0
  for (const hit of fused) {
    if (chosen.length >= limit) break
    const row = rows.get(keyOf(hit))
    if (!row || tokens + row.tokens > maxTokens) continue
    const fingerprint = fingerprintOf(row.text)
    if (fingerprints.some((other) => isNearDuplicate(other, fingerprint))) continue
    fingerprints.push(fingerprint)
    tokens += row.tokens
    chosen.push(toFound(hit, row))
  }
  return chosen
}

function toFound(hit: FusedHit, row: PassageRow): FoundPassage {
  const { ordinal, text, heading, page, start, end, language } = row
  const why = {
    words_rank: hit.wordsRank,
    meaning_rank: hit.meaningRank,
    similarity: hit.similarity === null ? null : Math.round(hit.similarity * 10_000) / 10_000,
    matched: hit.matched,
  }
  const file = { file_id: row.fileId, file_name: row.fileName, file_version: row.fileVersion, url: row.url }
  return { ordinal, text, heading, page, start, end, language, ...file, score: hit.score, why }
}
