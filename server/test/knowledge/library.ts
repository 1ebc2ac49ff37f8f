import { createHash } from 'node:crypto'
import { contract, type PassageSearch, type PassageSearchResult, type Project } from '@chatbot-platform/contract'
import { defaultDocumentLimits, type Passage, type ReadDocument } from '../../src/documents/document.ts'
import { extract } from '../../src/documents/reading/extract.ts'
import { files } from '../../src/modules/files/files.table.ts'
import type { PassageStore } from '../../src/modules/knowledge/passage-store.ts'
import type { Database } from '../../src/platform/database/database.ts'
import { newId } from '../../src/platform/ids.ts'
import type { Scope } from '../../src/platform/scope.ts'
import type { TestApp, TestUser } from '../support/app.ts'
import { scopeOf } from '../usage/usage-events.ts'

/** Where documents are put without the jobs and the storage of an upload. */
export interface Shelf {
  db: Database
  passages: PassageStore
  scope: Scope
  projectId: string
}

export function shelfOf(app: TestApp, user: TestUser, project: Project): Shelf {
  const { db, passages } = app.server.deps
  return { db, passages, scope: scopeOf(user), projectId: project.id }
}

/** Reads a document as the indexing job does, but in this process. */
export async function readText(name: string, content: string | Buffer): Promise<ReadDocument> {
  const passages: Passage[] = []
  const sink = { progress: () => undefined, passage: (passage: Passage) => void passages.push(passage) }
  const read = await extract(Buffer.from(content), name, defaultDocumentLimits, sink)
  return { ...read, passages }
}

/** Makes a document a part of the project; returns the id of its file. */
export async function addDocument(shelf: Shelf, name: string, content: string | Buffer): Promise<string> {
  return addRead(shelf, name, await readText(name, content))
}

/** The same of one that has been read. */
export async function addRead(shelf: Shelf, name: string, document: ReadDocument): Promise<string> {
  const { db, passages, scope, projectId } = shelf
  const id = newId()
  const prepared = await passages.prepare(document, {
    signal: new AbortController().signal,
    onProgress: () => undefined,
  })
  await db.tenant(scope, async (tx) => {
    await tx.insert(files).values({
      workspaceId: scope.workspaceId,
      id,
      projectId,
      name,
      kind: document.kind,
      bytes: document.characters,
      sha256: createHash('sha256').update(id).digest('hex'),
      storageKey: id,
      state: 'ready',
      passages: document.passages.length,
      language: document.language,
      createdBy: scope.userId,
    })
    await passages.replace(tx, scope, { id, projectId }, prepared)
  })
  return id
}

/** Searches over HTTP. */
export function search(
  user: TestUser,
  project: Project,
  query: string,
  more: Partial<PassageSearch> = {},
): Promise<PassageSearchResult> {
  const body = { query, ...more }
  return user.client.call(contract.knowledge.search, { params: { project_id: project.id }, body })
}
