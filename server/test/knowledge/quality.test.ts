import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createKnowledgeService } from '../../src/modules/knowledge/knowledge.service.ts'
import { type CorpusLanguage, type CorpusQuestion, corpusLanguages, loadCorpus } from '../corpus/corpus.ts'
import { createProject, startTestApp, type TestApp } from '../support/app.ts'
import { type EmbeddingServer, startEmbeddingServer } from './embedding-server.ts'
import { addDocument, shelfOf } from './library.ts'
import { qualityOf, rankOf } from './quality.ts'

let app: TestApp
let embeddings: EmbeddingServer
let questions: CorpusQuestion[]
let ranks: Record<'words' | 'hybrid', Map<CorpusQuestion, number | undefined>>

beforeAll(async () => {
  embeddings = await startEmbeddingServer()
  app = await startTestApp({
    env: {
      OPENAI_API_KEY: 'test-key-of-the-embedding-server',
      OPENAI_BASE_URL: embeddings.url,
      EMBEDDING_PROVIDER: 'openai',
    },
  })
  const corpus = await loadCorpus()
  questions = corpus.questions
  const user = await app.user()
  const project = await createProject(user)
  const shelf = shelfOf(app, user, project)
  for (const { name, content } of corpus.documents) await addDocument(shelf, name, content)
  const { db, models, knowledge } = app.server.deps
  const logger = pino({ level: 'silent' })
  const byWords = createKnowledgeService({ db, embeddings: null, prices: models.prices, logger })
  const input = { limit: 10, max_tokens: 100_000 }
  ranks = { words: new Map(), hybrid: new Map() }
  for (const question of questions) {
    const query = { query: question.question, ...input }
    ranks.words.set(question, rankOf(question, (await byWords.search(shelf.scope, project.id, query)).passages))
    ranks.hybrid.set(question, rankOf(question, (await knowledge.search(shelf.scope, project.id, query)).passages))
  }
}, 120_000)
afterAll(async () => {
  await app.close()
  await embeddings.close()
})

function quality(mode: 'words' | 'hybrid', language?: CorpusLanguage) {
  const asked = questions.filter((question) => language === undefined || question.language === language)
  return qualityOf(asked.map((question) => ranks[mode].get(question)))
}

test('the corpus has what it is to have', async () => {
  const { documents } = await loadCorpus()
  expect(documents.length).toBeGreaterThanOrEqual(60)
  expect(questions.length).toBeGreaterThanOrEqual(150)
})

test.each([
  ['words', 0.95, 0.85],
  ['hybrid', 0.93, 0.84],
] as const)('%s: what was once found is found', (mode, recallAt5, mrr) => {
  const reached = quality(mode)
  expect(reached.recallAt5).toBeGreaterThanOrEqual(recallAt5)
  expect(reached.mrr).toBeGreaterThanOrEqual(mrr)
})

test.each(corpusLanguages)('words find in "%s" what nine of ten questions ask for', (language) => {
  expect(quality('words', language).recallAt5).toBeGreaterThanOrEqual(0.9)
})
