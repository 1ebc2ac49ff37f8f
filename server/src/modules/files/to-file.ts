import type { KnowledgeFile } from '@chatbot-platform/contract'
import type { FileRow } from './files.table.ts'

/** A stored document in wire form. */
export function toFile(row: FileRow): KnowledgeFile {
  const progress = row.progressDone === null ? null : { done: row.progressDone, total: row.progressTotal }
  return {
    id: row.id,
    project_id: row.projectId,
    source_id: row.sourceId,
    name: row.name,
    url: row.url,
    kind: row.kind,
    bytes: row.bytes,
    version: row.version,
    state: row.state,
    progress,
    error: row.errorCode === null ? null : { code: row.errorCode, detail: row.errorDetail ?? '' },
    title: row.title,
    pages: row.pages,
    characters: row.characters,
    passages: row.passages,
    language: row.language,
    encoding: row.encoding,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
    indexed_at: row.indexedAt?.toISOString() ?? null,
  }
}
