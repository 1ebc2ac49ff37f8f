import { afterAll, beforeAll, expect, test } from 'vitest'
import { withSession } from '../../src/platform/database/session.ts'
import { type EmbeddingServer, startEmbeddingServer } from '../knowledge/embedding-server.ts'
import { search } from '../knowledge/library.ts'
import { createProject, startTestApp, type TestApp } from '../support/app.ts'
import { untilRead, uploadOne } from './uploads.ts'

let vendor: EmbeddingServer
let app: TestApp

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
})
afterAll(async () => {
  await app.close()
  await vendor.close()
})

test('documents of another embedding model are read again, of every workspace, and then left alone', async () => {
  const { fileCare } = app.server.deps
  const text = 'The guarantee lasts for two years and covers every moving part of the machine.'
  const shelves = []
  for (const user of [await app.user(), await app.user()]) {
    const project = await createProject(user)
    const file = await untilRead(user, await uploadOne(user, project, 'warranty.txt', text))
    shelves.push({ user, project, file })
  }
  expect(await fileCare.renewVectors()).toBe(0)
  await withSession(app.database.superuserUrl, (session) =>
    session.query("UPDATE passage_vectors SET model = 'openai/old'"),
  )
  for (const { user, project } of shelves) expect((await search(user, project, 'ضمان')).passages).toEqual([])
  expect(await fileCare.renewVectors()).toBe(2)
  for (const { user, project, file } of shelves) {
    expect((await search(user, project, 'guarantee')).passages).toHaveLength(1)
    const renewed = await untilRead(user, file)
    expect([renewed.state, renewed.version, renewed.passages]).toEqual(['ready', file.version, file.passages])
    expect((await search(user, project, 'ضمان')).passages[0]?.why.meaning_rank).toBe(1)
  }
  expect(await fileCare.renewVectors()).toBe(0)
})
