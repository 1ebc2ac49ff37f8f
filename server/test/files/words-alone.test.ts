import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withSession } from '../../src/platform/database/session.ts'
import { type EmbeddingServer, startEmbeddingServer } from '../knowledge/embedding-server.ts'
import { search } from '../knowledge/library.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { scopeOf } from '../usage/usage-events.ts'
import { untilRead, uploadOne } from './uploads.ts'

let vendor: EmbeddingServer
let app: TestApp
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

test('a document that the model fails is found by its words, says so, and gets its vectors later', {
  timeout: 60_000,
}, async () => {
  const { fileCare } = app.server.deps
  const project = await createProject(user)
  vendor.suffers({ status: 401 })
  const text = 'The guarantee lasts for two years and covers every moving part of the machine.'
  const file = await untilRead(user, await uploadOne(user, project, 'warranty.txt', text))
  expect(file).toMatchObject({ state: 'ready', passages: 1, error: { code: 'embedding_failed' } })
  expect(await search(user, project, 'guarantee')).toMatchObject({ mode: 'words', passages: [{ file_id: file.id }] })
  // Not at once: whoever does not answer is not asked for everything every few minutes.
  expect(await fileCare.renewVectors()).toBe(0)
  await withSession(app.database.superuserUrl, (session) =>
    session.query("UPDATE files SET indexed_at = indexed_at - interval '31 minutes' WHERE id = $1", [file.id]),
  )
  expect(await fileCare.renewVectors()).toBe(1)
  expect(await untilRead(user, file)).toMatchObject({ state: 'ready', error: null })
  expect((await search(user, project, 'ضمان')).passages[0]?.why.meaning_rank).toBe(1)
  expect(await fileCare.renewVectors()).toBe(0)
})

test('text that the model refuses costs the rest of its document no vectors, and what it took is booked', {
  timeout: 60_000,
}, async () => {
  const project = await createProject(user)
  const paragraphs = Array.from(
    { length: 130 },
    (_, index) => `Paragraph ${index}. ${'Words of all kinds. '.repeat(60)}`,
  )
  vendor.requests.splice(0)
  vendor.suffers({ status: 400 })
  const file = await untilRead(user, await uploadOne(user, project, 'long.txt', paragraphs.join('\n\n')))
  expect(file).toMatchObject({ state: 'ready', error: { code: 'embedding_failed' } })
  const [refused = []] = vendor.requests
  const rest = (file.passages ?? 0) - refused.length
  expect(rest).toBeGreaterThan(0)
  const counted = await app.server.deps.db.tenant(scopeOf(user), (tx) =>
    tx.execute(
      sql`SELECT (SELECT count(*)::int FROM passage_vectors WHERE file_id = ${file.id}) AS vectors,
                 (SELECT count(*)::int FROM usage_events WHERE project_id = ${project.id} AND prompt_tokens > 0) AS booked`,
      'objects',
    ),
  )
  expect(counted).toEqual([{ vectors: rest, booked: 1 }])
  expect(await app.server.deps.fileCare.renewVectors()).toBe(0)
})
