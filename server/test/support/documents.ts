import { createHash } from 'node:crypto'
import type { Project } from '@chatbot-platform/contract'
import { files } from '../../src/modules/files/files.table.ts'
import { newId } from '../../src/platform/ids.ts'
import { scopeOf } from '../usage/usage-events.ts'
import type { TestApp, TestUser } from './app.ts'

/** A document as its reading would have left it. */
export interface GivenDocument {
  name: string
  passages: (string | { text: string; heading?: string; page?: number })[]
  language?: string
}

/** Gives a project a document that was read already, and returns its id: for tests in which the reading plays no part. */
export async function addDocument(
  app: TestApp,
  user: TestUser,
  project: Pick<Project, 'id'>,
  { name, passages: given, language = 'en' }: GivenDocument,
): Promise<string> {
  const { db, passages } = app.server.deps
  const scope = scopeOf(user)
  const { workspaceId } = scope
  const id = newId()
  const document = readDocument(given, language)
  const prepared = await passages.prepare(document, {
    signal: AbortSignal.timeout(10_000),
    onProgress: () => undefined,
  })
  const text = document.passages.map((passage) => passage.text).join('\n\n')
  await db.tenant(scope, async (tx) => {
    await tx.insert(files).values({
      ...{
        workspaceId,
        id,
        projectId: project.id,
        name,
        kind: 'text',
        bytes: Buffer.byteLength(text),
        createdBy: scope.userId,
      },
      ...{ sha256: createHash('sha256').update(id).digest('hex'), storageKey: `${workspaceId}/${project.id}/${id}-1` },
      ...{ state: 'ready', passages: document.passages.length, language, indexedAt: new Date() },
    })
    await passages.replace(tx, scope, { id, projectId: project.id }, prepared)
  })
  return id
}

function readDocument(given: GivenDocument['passages'], language: string) {
  let start = 0
  const passages = given.map((one, ordinal) => {
    const { text, heading = null, page = null } = typeof one === 'string' ? { text: one } : one
    const passage = {
      ordinal,
      text,
      heading,
      page,
      start,
      end: start + text.length,
      language,
      tokens: Math.ceil(text.length / 4),
    }
    start = passage.end + 2
    return passage
  })
  return { title: null, language, passages }
}
