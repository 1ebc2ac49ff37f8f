import { afterAll, beforeAll, expect, test } from 'vitest'
import { mintScope } from '../../src/platform/scope.ts'
import { type CorpusQuestion, loadCorpus } from '../corpus/corpus.ts'
import { createProject, startTestApp, type TestApp } from '../support/app.ts'
import { type EmbeddingServer, startEmbeddingServer } from './embedding-server.ts'
import { addDocument, type Shelf, shelfOf } from './library.ts'

const tenants = 2
const questionsEach = 200

let app: TestApp
let vendor: EmbeddingServer
let shelves: { shelf: Shelf; canary: string }[]
let questions: CorpusQuestion[]

beforeAll(async () => {
  vendor = await startEmbeddingServer({ dimensions: 128 })
  app = await startTestApp({
    env: {
      OPENAI_API_KEY: 'test-key-of-the-embedding-server',
      OPENAI_BASE_URL: vendor.url,
      EMBEDDING_PROVIDER: 'openai',
    },
  })
  const corpus = await loadCorpus()
  questions = corpus.questions
  shelves = await Promise.all(
    Array.from({ length: tenants }, async (_, index) => {
      const user = await app.user()
      const shelf = shelfOf(app, user, await createProject(user))
      const canary = `canary${['red', 'blue'][index]}`
      // The same documents but for one word in each paragraph.
      for (const { name, content } of corpus.documents.filter(({ language }) => language === 'en')) {
        await addDocument(shelf, name, content.replaceAll(/([.,])(\s)/g, ` ${canary}$1$2`))
      }
      return { shelf, canary }
    }),
  )
}, 120_000)
afterAll(async () => {
  await app.close()
  await vendor.close()
})

/** The question as it is, or a word of the other tenant, or both. */
function queryOf(index: number, foreign: string): string {
  const { question = '' } = questions[index % questions.length] ?? {}
  return [question, foreign, `${question} ${foreign}`][index % 3] ?? question
}

test('two tenants with nearly the same documents ask 400 questions at once and meet none of the other', async () => {
  const { knowledge } = app.server.deps
  let found = 0
  const askAll = async ({ shelf: { scope, projectId }, canary }: (typeof shelves)[number], foreign: string) => {
    for (let index = 0; index < questionsEach; index++) {
      const query = queryOf(index, foreign)
      const signal = AbortSignal.timeout(10_000)
      const passages =
        index % 2 === 0
          ? (await knowledge.search(scope, projectId, { query, limit: 8, max_tokens: 8000 })).passages
          : await knowledge.retrieve(scope, projectId, query, { limit: 8, maxTokens: 8000, signal })
      found += passages.length
      expect(passages.filter(({ text }) => text.includes(foreign))).toEqual([])
      expect(passages.every(({ text }) => text.includes(canary) || !/[.,]\s/.test(text))).toBe(true)
    }
  }
  const [one, two] = shelves
  if (!one || !two) throw new Error('two tenants are needed')
  await Promise.all([askAll(one, two.canary), askAll(two, one.canary)])
  expect(found).toBeGreaterThan(questionsEach)
}, 180_000)

test('a tenant who names the other’s project finds nothing, and neither do the functions below', async () => {
  const [one, two] = shelves
  if (!one || !two) throw new Error('two tenants are needed')
  const { knowledge, db } = app.server.deps
  const foreign = { query: two.canary, limit: 8, max_tokens: 8000 }
  await expect(knowledge.search(one.shelf.scope, two.shelf.projectId, foreign)).rejects.toMatchObject({
    code: 'not_found',
  })
  const counted = await db.tenant(one.shelf.scope, (tx) =>
    tx.execute(`SELECT count_passages('${two.shelf.projectId}', ARRAY['''${two.canary}''']) AS counts`, 'objects'),
  )
  expect(counted).toEqual([{ counts: [0] }])
  const known = (shelf: Shelf) =>
    db.tenant(shelf.scope, (tx) =>
      tx.execute(`SELECT * FROM known_words('${two.shelf.projectId}', ARRAY['${two.canary}', 'zebra'])`, 'objects'),
    )
  expect(await known(one.shelf)).toEqual([])
  expect(await known(two.shelf)).toEqual([{ known_words: two.canary }])
  const ranked = (shelf: Shelf) =>
    db.tenant(shelf.scope, (tx) =>
      tx.execute(
        `SELECT ordinal FROM rank_passages('${two.shelf.projectId}', '''${two.canary}''', NULL, '{}',
                                           ARRAY['''${two.canary}'''], ARRAY[1]::real[], 5)`,
        'objects',
      ),
    )
  expect(await ranked(one.shelf)).toEqual([])
  expect(await ranked(two.shelf)).toHaveLength(5)
  const own = await db.tenant(mintScope(two.shelf.scope), (tx) =>
    tx.execute<{ counts: number[] }>(
      `SELECT count_passages('${two.shelf.projectId}', ARRAY['''${two.canary}''']) AS counts`,
      'objects',
    ),
  )
  expect(own[0]?.counts[0]).toBeGreaterThan(10)
})
