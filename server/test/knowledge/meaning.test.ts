import { sql } from 'drizzle-orm'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openEmbeddings } from '../../src/llm/embedding-providers.ts'
import { createPassageStore } from '../../src/modules/knowledge/passage-store.ts'
import { withSession } from '../../src/platform/database/session.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { inOneProcess } from '../support/replicas.ts'
import { type EmbeddingServer, startEmbeddingServer } from './embedding-server.ts'
import { addDocument, search, shelfOf } from './library.ts'

let app: TestApp
let vendor: EmbeddingServer
let user: TestUser

beforeAll(async () => {
  vendor = await startEmbeddingServer()
  app = await startTestApp({
    env: {
      OPENAI_API_KEY: 'test-key-of-the-embedding-server',
      OPENAI_BASE_URL: vendor.url,
      EMBEDDING_PROVIDER: 'openai',
      EMBEDDING_MODEL: 'stand-in',
    },
  })
  user = await app.user()
})
afterAll(async () => {
  await app.close()
  await vendor.close()
})
beforeEach(() => void vendor.requests.splice(0))

const documents = {
  'warranty.txt': 'The guarantee lasts for two years and covers every moving part of the machine.',
  'urlaub.txt': 'Jede und jeder hat dreißig Tage Urlaub, der bis Ende März genommen werden muss.',
  'harbour.txt': 'Ships leave the harbour at noon and come back with the tide in the evening.',
}

async function library() {
  const project = await createProject(user)
  const shelf = shelfOf(app, user, project)
  for (const [name, text] of Object.entries(documents)) await addDocument(shelf, name, text)
  return { project, shelf }
}

test.each([
  ['ضمان', 'warranty.txt'],
  ['vacaciones', 'urlaub.txt'],
])('a passage is found by its meaning where no word of it is asked for: %s', async (query, file) => {
  const { project } = await library()
  const result = await search(user, project, query)
  expect(result.mode).toBe('words_and_meaning')
  expect(result.passages[0]).toMatchObject({ file_name: file, why: { words_rank: null, meaning_rank: 1, matched: [] } })
  expect(result.passages[0]?.why.similarity).toBeGreaterThan(0.1)
})

const asksOnce = inOneProcess('each process remembers the questions that it has asked')

asksOnce('a question is sent to the model once, and booked with what documents took', async () => {
  const { project, shelf } = await library()
  expect(vendor.requests).toHaveLength(3)
  await search(user, project, 'garantie again')
  await search(user, project, 'garantie again')
  expect(vendor.requests).toHaveLength(4)
  const booked = () =>
    shelf.db.tenant(shelf.scope, (tx) =>
      tx.execute(
        sql`SELECT provider, model, prompt_tokens > 0 AS counted, session_id FROM usage_events
             WHERE kind = 'embedding' AND project_id = ${project.id}`,
        'objects',
      ),
    )
  await expect
    .poll(booked)
    .toEqual(
      Array.from({ length: 4 }, () => ({ provider: 'openai', model: 'stand-in', counted: true, session_id: null })),
    )
})

test('vectors of another model are never compared', async () => {
  const { project, shelf } = await library()
  const choice = { provider: 'openai' as const, dimensions: null, apiKey: null, baseUrl: vendor.url }
  const logger = pino({ level: 'silent' })
  const embeddings = openEmbeddings({ ...choice, model: 'another' }, logger)
  const passages = createPassageStore({ db: shelf.db, embeddings, prices: app.server.deps.models.prices, logger })
  const other = await createProject(user)
  await addDocument({ ...shelfOf(app, user, other), passages }, 'warranty.txt', documents['warranty.txt'])
  vendor.requests.splice(0)
  expect(await search(user, other, 'ضمان')).toMatchObject({ mode: 'words', passages: [] })
  expect(vendor.requests).toEqual([])
  expect((await search(user, project, 'ضمان')).mode).toBe('words_and_meaning')
  await embeddings.close()
})

test('nothing of a document is left once it is gone', async () => {
  const { project, shelf } = await library()
  await shelf.db.tenant(shelf.scope, (tx) => tx.execute(sql`DELETE FROM files WHERE project_id = ${project.id}`))
  for (const table of ['passages', 'passage_words', 'file_words', 'passage_vectors']) {
    const left = await shelf.db.tenant(shelf.scope, (tx) =>
      tx.execute(sql`SELECT 1 FROM ${sql.identifier(table)} WHERE project_id = ${project.id}`, 'objects'),
    )
    expect(left, table).toEqual([])
  }
  expect((await search(user, project, 'guarantee')).passages).toEqual([])
})

test('vectors of another length, as under a name that means another model now, are passed over', async () => {
  const { project } = await library()
  await withSession(app.database.superuserUrl, (session) =>
    session.query(
      `UPDATE passage_vectors v SET signs = B'1010', vector = '\\x01020304' FROM files f
        WHERE f.workspace_id = v.workspace_id AND f.id = v.file_id AND f.project_id = $1 AND f.name = 'harbour.txt'`,
      [project.id],
    ),
  )
  const { mode, passages } = await search(user, project, 'ضمان')
  expect(mode).toBe('words_and_meaning')
  expect(passages[0]?.file_name).toBe('warranty.txt')
  expect(passages.map(({ file_name }) => file_name)).not.toContain('harbour.txt')
})

test('a query that the model refuses costs nobody else their vectors', async () => {
  const { project } = await library()
  vendor.suffers({ status: 400 })
  expect((await search(user, project, 'a query that is refused')).mode).toBe('words')
  expect((await search(user, project, 'another query right after it')).mode).toBe('words_and_meaning')
})

test('a question without a word has no vector, and one that nobody waits for is not gone on with', async () => {
  const { shelf } = await library()
  vendor.requests.splice(0)
  const { knowledge } = app.server.deps
  const bounds = { limit: 8, maxTokens: 1000 }
  const ask = (query: string, signal: AbortSignal) =>
    knowledge.retrieve(shelf.scope, shelf.projectId, query, { ...bounds, signal })
  expect(await ask('?! …', new AbortController().signal)).toEqual([])
  expect(vendor.requests).toEqual([])
  await expect(ask('guarantee', AbortSignal.abort(new Error('the reader left')))).rejects.toThrow('the reader left')
})

const leavesAlone = inOneProcess('each process finds out for itself that a provider hangs')

leavesAlone('a model that hangs costs a search no more than its patience, and the next ones nothing', async () => {
  const { project } = await library()
  vendor.suffers({ hang: true })
  const began = performance.now()
  const first = await search(user, project, 'how long is the guarantee of the machine')
  expect(performance.now() - began).toBeGreaterThan(1000)
  expect(first).toMatchObject({ mode: 'words', passages: [{ file_name: 'warranty.txt' }] })
  vendor.requests.splice(0)
  expect((await search(user, project, 'when do ships leave')).mode).toBe('words')
  expect(vendor.requests).toEqual([])
})
