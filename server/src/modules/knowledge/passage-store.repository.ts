import { sql } from 'drizzle-orm'
import type { Tx } from '../../platform/database/database.ts'
import type { Scope } from '../../platform/scope.ts'

type Tenant = Pick<Scope, 'workspaceId'>

export interface StoredFile {
  id: string
  projectId: string
}

/** A passage with what it is found by. */
export interface StoredPassage {
  ordinal: number
  text: string
  heading: string | null
  page: number | null
  start: number
  end: number
  language: string
  tokens: number
  /** A tsvector literal, and how many words it has. */
  words: string
  length: number
}

export interface StoredVector {
  ordinal: number
  /** In hexadecimal digits, both: a bit for each dimension, and a signed byte. */
  signs: string
  bytes: string
}

/** What a file is called, and the project it belongs to by name, for the ledger. */
export async function findFileNames(
  tx: Tx,
  { workspaceId }: Tenant,
  file: StoredFile,
): Promise<{ name: string; projectName: string } | undefined> {
  const [row] = await tx.execute<{ name: string; projectName: string }>(
    sql`SELECT f.name, p.name AS "projectName" FROM files f
          JOIN projects p ON p.workspace_id = f.workspace_id AND p.id = f.project_id
         WHERE f.workspace_id = ${workspaceId} AND f.id = ${file.id} AND f.project_id = ${file.projectId}`,
    'objects',
  )
  return row
}

export async function findProjectName(tx: Tx, { workspaceId }: Tenant, id: string): Promise<string | null> {
  const [row] = await tx.execute<{ name: string }>(
    sql`SELECT name FROM projects WHERE workspace_id = ${workspaceId} AND id = ${id}`,
    'objects',
  )
  return row?.name ?? null
}

/** Takes away all that is kept of a file's text. */
export async function deletePassages(tx: Tx, { workspaceId }: Tenant, fileId: string): Promise<void> {
  for (const table of ['passages', 'passage_words', 'file_words', 'passage_vectors']) {
    await tx.execute(
      sql`DELETE FROM ${sql.identifier(table)} WHERE workspace_id = ${workspaceId} AND file_id = ${fileId}`,
    )
  }
}

/** Adds passages with their words and those of the document's name, a tsvector literal. */
export async function insertPassages(
  tx: Tx,
  { workspaceId }: Tenant,
  file: StoredFile,
  passages: StoredPassage[],
  nameWords: string,
): Promise<void> {
  const column = <K extends keyof StoredPassage>(key: K) => sql.param(passages.map((passage) => passage[key]))
  await tx.execute(
    sql`INSERT INTO passages (workspace_id, file_id, project_id, ordinal, text, heading, page, start_offset, end_offset, language, tokens)
        SELECT ${workspaceId}::uuid, ${file.id}::uuid, ${file.projectId}::uuid, p.* FROM unnest(${column('ordinal')}::int[],
          ${column('text')}::text[], ${column('heading')}::text[], ${column('page')}::int[], ${column('start')}::int[],
          ${column('end')}::int[], ${column('language')}::text[], ${column('tokens')}::int[]) AS p`,
  )
  const scope = `'#${workspaceId}/${file.projectId}'`
  await tx.execute(
    sql`INSERT INTO passage_words (workspace_id, file_id, project_id, ordinal, length, words)
        SELECT ${workspaceId}::uuid, ${file.id}::uuid, ${file.projectId}::uuid, p.ordinal, p.length,
               p.words::tsvector || ${nameWords}::tsvector || ${scope}::tsvector
          FROM unnest(${column('ordinal')}::int[], ${column('length')}::int[], ${column('words')}::text[]) AS p(ordinal, length, words)`,
  )
}

/** Adds the different words of a document. */
export async function insertVocabulary(
  tx: Tx,
  { workspaceId }: Tenant,
  file: StoredFile,
  byInitial: Map<string, string[]>,
): Promise<void> {
  await tx.execute(
    sql`INSERT INTO file_words (workspace_id, file_id, project_id, initial, words)
        SELECT ${workspaceId}::uuid, ${file.id}::uuid, ${file.projectId}::uuid, w.* FROM unnest(
          ${sql.param([...byInitial.keys()])}::text[], ${sql.param(Array.from(byInitial.values(), (words) => words.join(' ')))}::text[]) AS w`,
  )
}

export async function insertVectors(
  tx: Tx,
  { workspaceId }: Tenant,
  file: StoredFile,
  model: string,
  vectors: StoredVector[],
): Promise<void> {
  const column = <K extends keyof StoredVector>(key: K) => sql.param(vectors.map((vector) => vector[key]))
  await tx.execute(
    sql`INSERT INTO passage_vectors (workspace_id, file_id, project_id, model, ordinal, signs, vector)
        SELECT ${workspaceId}::uuid, ${file.id}::uuid, ${file.projectId}::uuid, ${model}, v.ordinal, ('x' || v.signs)::varbit,
               decode(v.bytes, 'hex')
          FROM unnest(${column('ordinal')}::int[], ${column('signs')}::text[], ${column('bytes')}::text[]) AS v(ordinal, signs, bytes)`,
  )
}
