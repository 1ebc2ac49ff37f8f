import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { pino } from 'pino'
import { v7 } from 'uuid'
import { createEmbeddingModel, type EmbeddingModel } from '../server/src/llm/embeddings.ts'
import { createPriceBook } from '../server/src/llm/prices.ts'
import { createKnowledgeService, type KnowledgeService } from '../server/src/modules/knowledge/knowledge.service.ts'
import { createPassageStore } from '../server/src/modules/knowledge/passage-store.ts'
import { type Database, openDatabase } from '../server/src/platform/database/database.ts'
import { openEmbeddedPostgres } from '../server/src/platform/postgres/embedded-postgres.ts'
import { mintScope } from '../server/src/platform/scope.ts'
import { type CorpusQuestion, corpusLanguages, loadCorpus } from '../server/test/corpus/corpus.ts'
import { startEmbeddingServer } from '../server/test/knowledge/embedding-server.ts'
import { addDocument, addRead, type Shelf } from '../server/test/knowledge/library.ts'
import { qualityOf, rankOf } from '../server/test/knowledge/quality.ts'
import { type BenchAccount, makeAccount } from './account.ts'
import { createChildren, serverEnv } from './children.ts'
import { fillerDocuments } from './retrieval-filler.ts'
import { percentile, round } from './support.ts'

/**
 * How well and how fast passages are found: the corpus of the tests by words and by both, alone and among 20,000
 * passages of other text with vectors of 1,536 dimensions. The vectors come from a stand-in that knows far less than a
 * vendor's model.
 *
 * `npm run bench:retrieval -- [passages] [dimensions]`
 */
const [passagesGiven = '20000', dimensionsGiven = '1536'] = process.argv.slice(2)
const passageCount = Number(passagesGiven)
const dimensions = Number(dimensionsGiven)
const silent = pino({ level: 'silent' })
const prices = createPriceBook()
const children = createChildren()
const dataDir = await mkdtemp(join(tmpdir(), 'chatbot-bench-'))

try {
  await main()
} finally {
  await children.stop()
  await rm(dataDir, { recursive: true, force: true })
}

async function main(): Promise<void> {
  const upstream = await children.start('upstream.ts', [JSON.stringify({ text: ['Hello'] })])
  const { url } = await children.start('serve.ts', [], serverEnv(dataDir, upstream.url))
  const account = await makeAccount(url)
  const database = await openEmbeddedPostgres({ dataDir, logger: silent })
  const vendor = await startEmbeddingServer({ dimensions })
  const provider = { id: 'openai', name: 'Stand-in', baseUrl: vendor.url, apiKey: null }
  const settings = { provider, model: 'stand-in', dimensions: null, timeoutMs: 60_000 }
  const embeddings = createEmbeddingModel({ settings, logger: silent })
  const db = openDatabase({ url: database.runtimeUrl, poolSize: 8, logger: silent })
  console.log(`${cpus().length} cores, Node ${process.version}, PostgreSQL ${database.version}`)
  try {
    await measure(db, database.superuserUrl, embeddings, account)
  } finally {
    await embeddings.close()
    await vendor.close()
    await db.close()
  }
}

async function measure(
  db: Database,
  superuserUrl: string,
  embeddings: EmbeddingModel,
  { workspaceId, projectId, token }: BenchAccount,
): Promise<void> {
  const { sub: userId } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  const scope = mintScope({ workspaceId, userId, familyId: v7() })
  const shelf: Shelf = {
    db,
    passages: createPassageStore({ db, embeddings, prices, logger: silent }),
    scope,
    projectId,
  }
  const words = createKnowledgeService({ db, embeddings: null, prices, logger: silent })
  const both = createKnowledgeService({ db, embeddings, prices, logger: silent })
  const { documents, questions } = await loadCorpus()
  for (const { name, content } of documents) await addDocument(shelf, name, content)
  await ask('words', words, shelf, questions)
  await ask('words and meaning', both, shelf, questions)
  await fill(shelf)
  const admin = new pg.Client({ connectionString: superuserUrl.replace('/postgres?', '/chatbot?') })
  await admin.connect()
  await admin.query('VACUUM')
  // Among the others, not before them: a search that stops early would meet first what was stored first.
  await admin.query(
    `UPDATE passage_words w SET length = w.length FROM files f
      WHERE f.workspace_id = w.workspace_id AND f.id = w.file_id AND f.name NOT LIKE 'filler %'`,
  )
  await admin.query('VACUUM ANALYZE')
  await report(admin)
  await admin.end()
  await ask(`words among ${passageCount}`, words, shelf, questions)
  await ask(`words and meaning among ${passageCount}`, both, shelf, questions)
  // Now each vector is remembered: what is left is ours.
  await ask(`words and meaning among ${passageCount}, vectors of questions remembered`, both, shelf, questions)
}

async function ask(
  label: string,
  knowledge: KnowledgeService,
  { scope, projectId }: Shelf,
  questions: CorpusQuestion[],
) {
  const ranks = new Map<CorpusQuestion, number | undefined>()
  const times: number[] = []
  for (const question of questions) {
    const began = performance.now()
    const input = { query: question.question, limit: 10, max_tokens: 100_000 }
    const { passages } = await knowledge.search(scope, projectId, input)
    times.push(performance.now() - began)
    ranks.set(question, rankOf(question, passages))
  }
  times.sort((a, b) => a - b)
  console.log(`${label}: p50 ${round(percentile(times, 0.5), 1)} ms, p99 ${round(percentile(times, 0.99), 1)} ms`)
  for (const language of [null, ...corpusLanguages]) {
    const asked = questions.filter((question) => language === null || question.language === language)
    const { questions: count, recallAt5, mrr } = qualityOf(asked.map((question) => ranks.get(question)))
    console.log(`  ${language ?? 'all'}: ${count} questions, recall@5 ${round(recallAt5, 3)}, MRR ${round(mrr, 3)}`)
  }
}

/** Other text, 50 passages a document. */
async function fill(shelf: Shelf): Promise<void> {
  const began = performance.now()
  let added = 0
  for (const document of fillerDocuments(passageCount, 50)) {
    await addRead(shelf, `filler ${added}.txt`, document)
    added += document.passages.length
  }
  const seconds = (performance.now() - began) / 1000
  console.log(`${added} passages stored in ${round(seconds, 1)} s: ${round(added / seconds, 0)} a second, with vectors`)
}

async function report(admin: pg.Client): Promise<void> {
  const { rows } = await admin.query<{ name: string; size: string }>(
    `SELECT relname AS name, pg_size_pretty(pg_total_relation_size(oid)) AS size FROM pg_class
      WHERE relname IN ('passages', 'passage_words', 'file_words', 'passage_vectors') ORDER BY relname`,
  )
  console.log(`  ${rows.map(({ name, size }) => `${name} ${size}`).join(', ')}`)
}
