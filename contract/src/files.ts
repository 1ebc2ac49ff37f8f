import { z } from 'zod'
import { Id, PageQuery, Timestamp } from './common.ts'
import { endpoint } from './endpoint.ts'
import { ProjectParams } from './projects.ts'

/** Kinds of files that can be read. What a file is, its content says; its name only tells kinds of text apart. */
export const FileKind = z.enum(['pdf', 'docx', 'xlsx', 'pptx', 'markdown', 'html', 'csv', 'text', 'json'])
export type FileKind = z.infer<typeof FileKind>

/**
 * `queued`, `reading` and `embedding` are under way; a file can be found once it is `ready`, or still, while it is read
 * anew. One that is `ready` with the error `embedding_failed` is found by its words alone, in whole or in part.
 */
export const FileState = z.enum(['queued', 'reading', 'embedding', 'ready', 'failed'])
export type FileState = z.infer<typeof FileState>

/** Why a file could not be taken or read. The sentence beside it says what its owner can do. */
export const FileErrorCode = z.enum([
  'unsupported_type',
  'not_text',
  'encrypted',
  'broken',
  'too_many_pages',
  'too_much_text',
  'too_large',
  'bomb',
  'timeout',
  'out_of_memory',
  'empty',
  'too_many_files',
  'storage_full',
  'embedding_failed',
  // Of the web only.
  'bad_url',
  'blocked_address',
  'robots',
  'other_site',
  'unreachable',
  'internal',
])
export type FileErrorCode = z.infer<typeof FileErrorCode>

export const FileError = z.object({ code: FileErrorCode, detail: z.string() })
export type FileError = z.infer<typeof FileError>

/** A document of a project. Everything after `error` is known once it has been read. */
export const KnowledgeFile = z.object({
  id: Id,
  project_id: Id,
  /** The web source it was read from; null for an upload. */
  source_id: Id.nullable(),
  /** As its owner called it, for people; it is stored under another. */
  name: z.string(),
  url: z.string().nullable(),
  kind: FileKind,
  bytes: z.int(),
  /** Rises when its content changes, as a page of a web source does. */
  version: z.int(),
  state: FileState,
  /** Of the step that `state` names: pages, or passages; null where nothing is under way. */
  progress: z.object({ done: z.int(), total: z.int().nullable() }).nullable(),
  error: FileError.nullable(),
  title: z.string().nullable(),
  pages: z.int().nullable(),
  characters: z.int().nullable(),
  passages: z.int().nullable(),
  /** ISO 639-1, or `und`. */
  language: z.string().nullable(),
  /** What its text was taken for (`windows-1252`), where nothing said its encoding and it was guessed. */
  encoding: z.string().nullable(),
  created_at: Timestamp,
  updated_at: Timestamp,
  indexed_at: Timestamp.nullable(),
})
export type KnowledgeFile = z.infer<typeof KnowledgeFile>

/** What became of one file of an upload, in the order in which they came. */
export const UploadResult = z.object({
  name: z.string(),
  /** `exists`: the project has this very content already, under whatever name. */
  status: z.enum(['created', 'exists', 'refused']),
  file: KnowledgeFile.nullable(),
  error: FileError.nullable(),
})
export type UploadResult = z.infer<typeof UploadResult>

/** A part of a document, as it is searched and cited. In order, passages make up the document's text. */
export const Passage = z.object({
  /** From 0. */
  ordinal: z.int(),
  text: z.string(),
  /** The headings it stands under, from the outermost: `Prices › Returns`; for tables and slides their name. */
  heading: z.string().nullable(),
  /** Of a PDF or of slides, from 1. */
  page: z.int().nullable(),
  /** Where it stands in the document's text, in UTF-16 units. */
  start: z.int(),
  end: z.int(),
  language: z.string(),
})
export type Passage = z.infer<typeof Passage>

/** What a project knows, and what it may hold. */
export const KnowledgeSummary = z.object({
  files: z.object({ ready: z.int(), under_way: z.int(), failed: z.int() }),
  bytes: z.int(),
  passages: z.int(),
  limits: z.object({
    file_bytes: z.int(),
    file_pages: z.int(),
    file_characters: z.int(),
    project_bytes: z.int(),
    project_files: z.int(),
    workspace_bytes: z.int(),
  }),
  /** Who turns passages into vectors; null where the search goes by words alone. */
  embedding: z.object({ provider: z.string(), model: z.string() }).nullable(),
})
export type KnowledgeSummary = z.infer<typeof KnowledgeSummary>

export const FileParams = ProjectParams.extend({ file_id: Id })

/** The body of an upload: one part or several named `files`, each with a file name. */
export const UploadForm = z.object({ files: z.array(z.file()) })

export const files = {
  upload: endpoint({
    method: 'POST',
    path: '/projects/{project_id}/files',
    access: 'user',
    status: 201,
    tag: 'Knowledge',
    summary: 'Give a project documents to answer from',
    params: ProjectParams,
    body: UploadForm,
    bodyType: 'multipart',
    response: z.array(UploadResult),
  }),
  list: endpoint({
    method: 'GET',
    path: '/projects/{project_id}/files',
    access: 'user',
    status: 200,
    tag: 'Knowledge',
    summary: "List a project's documents, newest first",
    params: ProjectParams,
    query: PageQuery.extend({ state: FileState.optional(), source_id: Id.optional() }),
    item: KnowledgeFile,
  }),
  get: endpoint({
    method: 'GET',
    path: '/projects/{project_id}/files/{file_id}',
    access: 'user',
    status: 200,
    tag: 'Knowledge',
    summary: 'One document, with the progress of its reading',
    params: FileParams,
    response: KnowledgeFile,
  }),
  content: endpoint({
    method: 'GET',
    path: '/projects/{project_id}/files/{file_id}/content',
    access: 'user',
    status: 200,
    tag: 'Knowledge',
    summary: 'Download a document as it was uploaded',
    params: FileParams,
    file: 'application/octet-stream',
  }),
  passages: endpoint({
    method: 'GET',
    path: '/projects/{project_id}/files/{file_id}/passages',
    access: 'user',
    status: 200,
    tag: 'Knowledge',
    summary: "A document's text, passage by passage",
    params: FileParams,
    /** `around`: begin a little before this passage. */
    query: PageQuery.extend({ around: z.coerce.number().int().min(0).max(10_000_000).optional() }),
    item: Passage,
  }),
  reindex: endpoint({
    method: 'POST',
    path: '/projects/{project_id}/files/{file_id}/reindex',
    access: 'user',
    status: 202,
    tag: 'Knowledge',
    summary: 'Read a document again; until that is done, it is found as it was',
    params: FileParams,
    response: KnowledgeFile,
  }),
  remove: endpoint({
    method: 'DELETE',
    path: '/projects/{project_id}/files/{file_id}',
    access: 'user',
    status: 204,
    tag: 'Knowledge',
    summary: 'Delete a document with its passages, which old answers then no longer show',
    params: FileParams,
  }),
  summary: endpoint({
    method: 'GET',
    path: '/projects/{project_id}/knowledge',
    access: 'user',
    status: 200,
    tag: 'Knowledge',
    summary: 'What a project knows, and what it may hold',
    params: ProjectParams,
    response: KnowledgeSummary,
  }),
} as const
