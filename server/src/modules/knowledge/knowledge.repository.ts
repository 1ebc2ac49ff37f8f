import { sql } from 'drizzle-orm'
import type { Tx } from '../../platform/database/database.ts'
import type { Scope } from '../../platform/scope.ts'
import { allowedErrors } from './corrections.ts'
import type { Stems } from './lexemes.ts'
import { passages } from './passages.table.ts'

/** A passage by its key. */
export interface PassageKey {
  fileId: string
  ordinal: number
}

/** What a search has to know of a project. */
export interface SearchedProject {
  id: string
  name: string
  /** Of its documents, ISO 639-1. */
  languages: string[]
  passages: number
  /** Whether any of them has a vector that can be compared with those of the space. */
  hasVectors: boolean
}

/** `space` names the model of the vectors; null where none are used. */
export async function findSearchedProject(
  tx: Tx,
  scope: Scope,
  id: string,
  space: string | null,
): Promise<SearchedProject | undefined> {
  const [row] = await tx.execute<{ name: string; languages: string[] | null; passages: number; hasVectors: boolean }>(
    sql`SELECT p.name, f.languages, f.passages, EXISTS (
          SELECT FROM passage_vectors v
            WHERE v.workspace_id = ${scope.workspaceId} AND v.project_id = p.id AND v.model = ${space}
        ) AS "hasVectors" FROM projects p CROSS JOIN LATERAL (
          SELECT array_agg(DISTINCT f.language) AS languages, coalesce(sum(f.passages), 0)::int AS passages FROM files f
            WHERE f.workspace_id = ${scope.workspaceId} AND f.project_id = p.id AND f.language IS NOT NULL
        ) f WHERE p.workspace_id = ${scope.workspaceId} AND p.id = ${id}`,
    'objects',
  )
  return row && { id, ...row, languages: row.languages ?? [] }
}

/** What PostgreSQL's dictionaries make of words; of a dictionary that the server lacks, nothing. */
export async function stemWords(tx: Tx, dictionaries: string[], words: string[]): Promise<Stems> {
  const stems: Stems = new Map(dictionaries.map((name) => [name, new Map()]))
  if (words.length === 0 || dictionaries.length === 0) return stems
  const rows = await tx.execute<{ dictionary: string; word: string; stems: string[] }>(
    sql`SELECT d.dictname AS dictionary, w.word, ts_lexize(d.oid::regdictionary, w.word) AS stems
          FROM pg_ts_dict d CROSS JOIN unnest(${sql.param(words)}::text[]) AS w(word)
         WHERE d.dictname = ANY (${sql.param(dictionaries)}) AND d.dictnamespace = 'pg_catalog'::regnamespace`,
    'objects',
  )
  for (const row of rows) stems.get(row.dictionary)?.set(row.word, row.stems)
  return stems
}

/** In how many passages of a project each of these tsquery literals is found; no more than `commonFrom`. */
export async function countPassages(tx: Tx, projectId: string, terms: string[]): Promise<number[]> {
  const [row] = await tx.execute<{ counts: number[] }>(
    sql`SELECT count_passages(${projectId}, ${sql.param(terms)}) AS counts`,
    'objects',
  )
  return row?.counts ?? []
}

export interface Ranking {
  projectId: string
  /** Which passages to look at, as tsquery literals: of each kind a bounded number. */
  first: string
  beside: string | null
  /** What all of them must have, as tsquery literals. */
  required: string[]
  terms: { query: string; weight: number }[]
  limit: number
}

export interface RankedPassage extends PassageKey {
  score: number
  /** Places in `terms`, from 1. */
  matched: number[]
}

export async function rankPassages(tx: Tx, ranking: Ranking): Promise<RankedPassage[]> {
  const { projectId, first, beside, required, terms, limit } = ranking
  const queries = sql.param(terms.map(({ query }) => query))
  const weights = sql.param(terms.map(({ weight }) => weight))
  return tx.execute<RankedPassage & Record<string, unknown>>(
    sql`SELECT file_id AS "fileId", ordinal, score, matched
          FROM rank_passages(${projectId}, ${first}, ${beside}, ${sql.param(required)}::text[], ${queries}::text[],
               ${weights}::real[], ${limit})`,
    'objects',
  )
}

/** Which of these words stand in a project's documents as they are; stems, which no text has, do not count. */
export async function knownWords(tx: Tx, scope: Scope, projectId: string, words: string[]): Promise<string[]> {
  const rows = await tx.execute<{ word: string }>(
    sql`SELECT k.word FROM known_words(${projectId}, ${sql.param(words)}::text[]) AS k(word) WHERE EXISTS (
          SELECT FROM file_words f WHERE f.workspace_id = ${scope.workspaceId} AND f.project_id = ${projectId}
             AND f.initial = left(k.word, 1) AND strpos(' ' || f.words || ' ', ' ' || k.word || ' ') > 0
        )`,
    'objects',
  )
  return rows.map((row) => row.word)
}

/** So many words of a project are compared with a mistyped one. */
const maxVocabulary = 4000

/** Words of a project's documents that begin with the same letter, are about as long, and end or go on alike. */
export async function similarWords(tx: Tx, scope: Scope, projectId: string, word: string): Promise<string[]> {
  const letters = [...word]
  const errors = allowedErrors(word)
  const known = letters.length < 6 ? 2 : 3
  const [head, tail] = [letters.slice(0, known).join(''), letters.slice(-known).join('')]
  const middle = letters.slice(2, 2 + known).join('')
  // A list is searched for letters much faster than it is taken apart, and most lists have none of them.
  const rows = await tx.execute<{ word: string }>(
    sql`SELECT DISTINCT w.word FROM file_words f CROSS JOIN LATERAL string_to_table(f.words, ' ') AS w(word)
         WHERE f.workspace_id = ${scope.workspaceId} AND f.project_id = ${projectId} AND f.initial = ${letters[0] ?? ''}
           AND (starts_with(f.words, ${head}) OR strpos(f.words, ${` ${head}`}) > 0 OR strpos(f.words, ${tail}) > 0
             OR strpos(f.words, ${middle}) > 0)
           AND length(w.word) BETWEEN ${letters.length - errors} AND ${letters.length + errors}
           AND (starts_with(w.word, ${head}) OR right(w.word, ${known}) = ${tail} OR strpos(w.word, ${middle}) > 0)
         LIMIT ${maxVocabulary}`,
    'objects',
  )
  return rows.map((row) => row.word)
}

/** A passage with what is told of its file. */
export interface PassageRow extends PassageKey, Record<string, unknown> {
  text: string
  heading: string | null
  page: number | null
  start: number
  end: number
  language: string
  tokens: number
  fileName: string
  fileVersion: number
  url: string | null
}

/** Those of the passages that are still there, in no order. */
export function readPassages(tx: Tx, scope: Scope, projectId: string, keys: PassageKey[]): Promise<PassageRow[]> {
  const fileIds = sql.param(keys.map(({ fileId }) => fileId))
  const ordinals = sql.param(keys.map(({ ordinal }) => ordinal))
  return tx.execute<PassageRow>(
    sql`SELECT p.file_id AS "fileId", p.ordinal, p.text, p.heading, p.page, p.start_offset AS start, p.end_offset AS end,
               p.language, p.tokens, f.name AS "fileName", f.version AS "fileVersion", f.url
          FROM unnest(${fileIds}::uuid[], ${ordinals}::int[]) AS k(file_id, ordinal)
          JOIN ${passages} p ON p.workspace_id = ${scope.workspaceId} AND p.file_id = k.file_id AND p.ordinal = k.ordinal
          JOIN files f ON f.workspace_id = ${scope.workspaceId} AND f.id = k.file_id
         WHERE p.project_id = ${projectId}`,
    'objects',
  )
}

/** A passage that is near in meaning. */
export interface NearPassage extends PassageKey {
  /** A signed byte for each dimension. */
  vector: Buffer
}

/**
 * The passages whose vectors have the most signs in common with this one's; `signs` as hexadecimal digits. Vectors of
 * another length, as a server makes them that has changed its model and not the name, cannot be compared.
 */
export async function nearestBySigns(
  tx: Tx,
  scope: Scope,
  search: { projectId: string; model: string; signs: string; limit: number },
): Promise<NearPassage[]> {
  return tx.execute<NearPassage & Record<string, unknown>>(
    sql`SELECT v.file_id AS "fileId", v.ordinal, v.vector FROM (
          SELECT v.file_id, v.ordinal, bit_count(v.signs # ${`x${search.signs}`}::varbit) AS distance FROM passage_vectors v
            WHERE v.workspace_id = ${scope.workspaceId} AND v.project_id = ${search.projectId} AND v.model = ${search.model}
              AND length(v.signs) = ${search.signs.length * 4}
            ORDER BY distance LIMIT ${search.limit}
        ) near JOIN passage_vectors v ON v.workspace_id = ${scope.workspaceId} AND v.file_id = near.file_id AND v.ordinal = near.ordinal`,
    'objects',
  )
}
