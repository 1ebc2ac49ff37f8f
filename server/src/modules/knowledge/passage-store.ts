import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ReadDocument } from '../../documents/document.ts'
import { type EmbeddingModel, type EmbeddingUsage, maxEmbeddingTexts, vectorSpace } from '../../llm/embeddings.ts'
import type { PriceBook } from '../../llm/prices.ts'
import { isRefusalOfText, logFieldsOf, ProviderError } from '../../llm/provider-error.ts'
import type { Database, Tx } from '../../platform/database/database.ts'
import { notFound } from '../../platform/errors.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Scope } from '../../platform/scope.ts'
import { recordEmbedding } from './embedding-usage.ts'
import { stemWords } from './knowledge.repository.ts'
import { lexemesOf, nameLexemes, type Stemmer } from './lexemes.ts'
import {
  deletePassages,
  findFileNames,
  findProjectName,
  insertPassages,
  insertVectors,
  insertVocabulary,
  type StoredFile,
  type StoredPassage,
  type StoredVector,
} from './passage-store.repository.ts'
import { bytesHex, compact } from './vectors.ts'

interface Deps {
  db: Database
  /** Null: passages are found by their words alone. */
  embeddings: EmbeddingModel | null
  prices: Pick<PriceBook, 'costOf'>
  logger: Pick<Logger, 'warn'>
}

/** A document that is ready to be stored. */
export interface PreparedPassages {
  title: string | null
  language: string
  passages: StoredPassage[]
  /** The words of the document by their first letter. */
  vocabulary: Map<string, string[]>
  /** Whose vectors these are; null without any. */
  space: string | null
  vectors: StoredVector[]
  /** Whether the model failed: then there are none, or, where it refused some of the text, none for that. */
  lacksVectors: boolean
  /** What the model took, also where it failed in the end. */
  usage: EmbeddingUsage | null
}

export type PassageStore = ReturnType<typeof createPassageStore>

/** Rows of one statement. */
const passagesAtOnce = 200

/** Keeps the passages of documents with their words and vectors. */
export function createPassageStore({ db, embeddings, prices, logger }: Deps) {
  // Dictionaries are nobody's: no tenant is set.
  const stemmer: Stemmer = (dictionaries, words) => db.identity({}, (tx) => stemWords(tx, dictionaries, words))

  return {
    /**
     * Makes the words and vectors of a document, outside any transaction; slow where a model is asked. When the model
     * fails, words have to do. Throws when the signal fires. Progress is told in passages.
     */
    async prepare(
      document: Pick<ReadDocument, 'title' | 'language' | 'passages'>,
      options: { signal: AbortSignal; onProgress(done: number, total: number): void },
    ): Promise<PreparedPassages> {
      const { title, language } = document
      const { passages: words, vocabulary } = await lexemesOf(document.passages, language, stemmer)
      options.signal.throwIfAborted()
      const passages = document.passages.map((passage, index) => ({
        ...passage,
        words: words[index]?.vector ?? '',
        length: words[index]?.length ?? 0,
      }))
      const embedded = embeddings && (await embedAll(embeddings, passages, { ...options, logger }))
      return {
        title,
        language,
        passages,
        vocabulary: byInitial(vocabulary),
        space: embeddings && vectorSpace(embeddings),
        vectors: embedded?.vectors ?? [],
        lacksVectors: embedded?.lacksVectors ?? false,
        usage: embedded?.usage ?? null,
      }
    },

    /** Puts them in the place of the file's passages, and books what the model took. Throws 404 where the file is gone. */
    async replace(
      tx: Tx,
      scope: Pick<Scope, 'workspaceId'>,
      file: StoredFile,
      prepared: PreparedPassages,
    ): Promise<void> {
      const names = await findFileNames(tx, scope, file)
      if (!names) throw notFound('file')
      const { passages, vectors, space, usage } = prepared
      const named = [names.name, prepared.title].filter((name) => name !== null).join(' ')
      const nameWords = await nameLexemes(named, prepared.language, (names, words) => stemWords(tx, names, words))
      await deletePassages(tx, scope, file.id)
      for (let from = 0; from < passages.length; from += passagesAtOnce) {
        await insertPassages(tx, scope, file, passages.slice(from, from + passagesAtOnce), nameWords)
      }
      await insertVocabulary(tx, scope, file, prepared.vocabulary)
      for (let from = 0; space !== null && from < vectors.length; from += passagesAtOnce) {
        await insertVectors(tx, scope, file, space, vectors.slice(from, from + passagesAtOnce))
      }
      const { projectName } = names
      if (usage) await recordEmbedding(tx, scope, { projectId: file.projectId, projectName, usage, prices })
    },

    /** Books what the model took for a document that is not stored after all; not where its project is gone too. */
    async bookUnused(
      tx: Tx,
      scope: Pick<Scope, 'workspaceId'>,
      { projectId }: Pick<StoredFile, 'projectId'>,
      { usage }: PreparedPassages,
    ): Promise<void> {
      const projectName = usage && (await findProjectName(tx, scope, projectId))
      if (usage && projectName !== null) await recordEmbedding(tx, scope, { projectId, projectName, usage, prices })
    },
  }
}

/**
 * Vectors for as many of the passages as the model takes. Where it refuses some, the others go on without them; where it
 * fails, all do, as a document with some would not be given to it again. Throws when the signal fires.
 */
async function embedAll(
  embeddings: EmbeddingModel,
  passages: StoredPassage[],
  { signal, onProgress, logger }: Pick<Deps, 'logger'> & Parameters<PassageStore['prepare']>[1],
): Promise<{ vectors: StoredVector[]; lacksVectors: boolean; usage: EmbeddingUsage }> {
  const vectors: StoredVector[] = []
  const usage: EmbeddingUsage = { provider: embeddings.provider, model: embeddings.model, tokens: 0, cost: null }
  let lacksVectors = false
  onProgress(0, passages.length)
  for (let from = 0; from < passages.length; from += maxEmbeddingTexts) {
    const batch = passages.slice(from, from + maxEmbeddingTexts)
    try {
      const embedded = await embeddings.embed(batch.map(textOf), signal)
      vectors.push(...storedVectors(batch, embedded.vectors))
      usage.tokens += embedded.usage.tokens
      if (embedded.usage.cost !== null) usage.cost = (usage.cost ?? 0) + embedded.usage.cost
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error
      const fields = { provider: embeddings.provider, model: embeddings.model, ...logFieldsOf(error) }
      logger.warn({ ...fields, count: batch.length }, 'passages have no vectors and are found by words alone')
      if (!isRefusalOfText(error)) return { vectors: [], lacksVectors: true, usage }
      lacksVectors = true
    }
    onProgress(from + batch.length, passages.length)
    await nextTurn()
  }
  return { vectors, lacksVectors, usage }
}

function storedVectors(passages: StoredPassage[], vectors: Float32Array[]): StoredVector[] {
  return passages.map(({ ordinal }, index) => {
    const vector = vectors[index]
    if (!vector) throw new Error('the model made fewer vectors than it was given texts')
    const made = compact(vector)
    return { ordinal, signs: made.signs, bytes: bytesHex(made) }
  })
}

/** What a passage means, its headings say too. */
function textOf({ heading, text }: StoredPassage): string {
  return heading === null ? text : `${heading}\n\n${text}`
}

/** Words with digits are codes, short ones are near by anything: neither is guessed. */
function byInitial(vocabulary: Set<string>): Map<string, string[]> {
  const grouped = new Map<string, string[]>()
  for (const word of vocabulary) {
    const letters = [...word]
    const [initial = ''] = letters
    if (letters.length < 3 || letters.length > 30 || /\p{N}/u.test(word)) continue
    const words = grouped.get(initial)
    if (words) words.push(word)
    else grouped.set(initial, [word])
  }
  return grouped
}
