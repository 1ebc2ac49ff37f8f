import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { createClient } from '@chatbot-platform/client'
import { contract } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withSession } from '../../src/platform/database/session.ts'
import { createRandom } from '../../torture/random.ts'
import { collected } from '../storage/storage-scene.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { spawnApp } from '../support/spawned-app.ts'
import { untilRead, upload } from './uploads.ts'

const rounds = 4
const documents = 8

let app: TestApp
let folder: string
let settings: Record<string, string>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chatbot-crash-'))
  settings = { FILES_URL: pathToFileURL(join(folder, 'files')).href, DATA_DIR: folder }
  app = await startTestApp({ env: { ...settings, RUN_JOBS: 'false' } })
})
afterAll(async () => {
  await app.close()
  await rm(folder, { recursive: true, force: true })
})

const sectionsOf = (document: number) => 30 + document * 20
const contentOf = (document: number) =>
  Array.from(
    { length: sectionsOf(document) },
    (_, section) => `# Section ${section}\n\n${`Sentence ${section} of document ${document}. `.repeat(60)}`,
  ).join('\n\n')

/** Uploads until it is told that the file is there, whoever answers and however often nobody does. */
async function persist(user: TestUser, urlOf: () => string, project: { id: string }, document: number) {
  let refusal: unknown
  for (const deadline = Date.now() + 150_000; Date.now() < deadline; await sleep(200)) {
    const client = createClient({ baseUrl: urlOf(), token: user.token })
    try {
      const [sent] = await upload({ ...user, client }, project, { [`${document}.md`]: contentOf(document) })
      if (sent?.file) return sent.file
    } catch (error) {
      refusal = error
    }
  }
  throw new Error('the upload never succeeded', { cause: refusal })
}

test('whenever a server is killed, in the end each document is there once, whole', { timeout: 400_000 }, async () => {
  const user = await app.user()
  const project = await createProject(user)
  const random = createRandom(7)
  let server = await spawnApp(app.database.runtimeUrl, settings)
  const uploads = Array.from({ length: documents }, (_, index) =>
    sleep(index * 400).then(() => persist(user, () => server.url, project, index)),
  )
  const uploaded = Promise.all(uploads)
  uploaded.catch(() => undefined)
  for (let round = 0; round < rounds; round++) {
    await sleep(random.between(600, 2500))
    await server.kill()
    server = await spawnApp(app.database.runtimeUrl, settings)
  }
  const files = await uploaded
  const read = await Promise.all(files.map((file) => untilRead(user, file, 240_000)))
  expect(read.map(({ state }) => state)).toEqual(files.map(() => 'ready'))
  expect(new Set(files.map(({ id }) => id)).size).toBe(documents)
  for (const [index, file] of files.entries()) await expectWhole(index, file.id)
  await server.kill()
  await app.server.deps.fileCare.sweep(-1000)
  expect(await collected(app.server.deps.storage.list(''))).toHaveLength(documents)
  expect(await user.client.call(contract.files.list, { params: { project_id: project.id }, query: {} })).toHaveLength(
    documents,
  )
})

/** Every section once, in order, in passages that are numbered without holes, with the words of each. */
async function expectWhole(document: number, fileId: string): Promise<void> {
  await withSession(app.database.superuserUrl, async (client) => {
    const { rows } = await client.query<{ ordinal: number; text: string; has_words: boolean }>(
      `SELECT p.ordinal, p.text, w.ordinal IS NOT NULL AS has_words FROM passages p
         LEFT JOIN passage_words w USING (workspace_id, file_id, ordinal) WHERE p.file_id = $1 ORDER BY p.ordinal`,
      [fileId],
    )
    expect(rows.map(({ ordinal }) => ordinal)).toEqual(rows.map((_, index) => index))
    expect(rows.every(({ has_words: hasWords }) => hasWords)).toBe(true)
    const text = rows.map((row) => row.text).join('\n')
    const sentences = text.match(new RegExp(`Sentence \\d+ of document ${document}\\.`, 'g'))
    expect(sentences).toHaveLength(sectionsOf(document) * 60)
  })
}
