import { z } from 'zod'
import { Id, label } from './common.ts'
import { endpoint } from './endpoint.ts'
import { Passage } from './files.ts'
import { ProjectParams } from './projects.ts'

/**
 * Where an answer's `[number]` points. It is a reference: what it shows is read from the document whenever the answer
 * is. `deleted` and `changed` documents show nothing of it any more.
 */
export const Citation = z.object({
  number: z.int(),
  state: z.enum(['available', 'changed', 'deleted']),
  file_id: Id.nullable(),
  file_name: z.string().nullable(),
  url: z.string().nullable(),
  page: z.int().nullable(),
  heading: z.string().nullable(),
  /** Of the passage in its document, and where it stands in the document's text, in UTF-16 units. */
  ordinal: z.int(),
  start: z.int(),
  end: z.int(),
})
export type Citation = z.infer<typeof Citation>

export const PassageSearch = z.object({
  query: label(1, 2000),
  limit: z.int().min(1).max(50).default(8),
  /** What the passages may take together, in tokens, about. */
  max_tokens: z.int().min(100).max(100_000).default(4000),
})
export type PassageSearch = z.infer<typeof PassageSearch>

/** A passage that was found, and why. */
export const FoundPassage = Passage.extend({
  file_id: Id,
  file_name: z.string(),
  file_version: z.int(),
  url: z.string().nullable(),
  /** Comparable within one search only. */
  score: z.number(),
  why: z.object({
    /** From 1, among those found by words; null where no word led to it. */
    words_rank: z.int().nullable(),
    /** From 1, among those found by meaning. */
    meaning_rank: z.int().nullable(),
    /** Cosine similarity of the vectors. */
    similarity: z.number().nullable(),
    /** Words of the query that stand in it, as they were looked for. */
    matched: z.array(z.string()),
  }),
})
export type FoundPassage = z.infer<typeof FoundPassage>

export const PassageSearchResult = z.object({
  passages: z.array(FoundPassage),
  /** `words` where no embeddings are configured, or their provider did not answer in time. */
  mode: z.enum(['words', 'words_and_meaning']),
  /** Words of the query that were taken for others, as typing errors. */
  corrections: z.array(z.object({ from: z.string(), to: z.string() })),
  took_ms: z.number(),
})
export type PassageSearchResult = z.infer<typeof PassageSearchResult>

export const knowledge = {
  search: endpoint({
    method: 'POST',
    path: '/projects/{project_id}/search',
    access: 'user',
    status: 200,
    tag: 'Knowledge',
    summary: "Find passages of a project's documents, as answers would",
    params: ProjectParams,
    body: PassageSearch,
    response: PassageSearchResult,
  }),
} as const
