import { mkdtemp, rm, stat } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { pino } from 'pino'
import { v7 } from 'uuid'
import { createEmbeddingModel } from '../server/src/llm/embeddings.ts'
import { createPriceBook } from '../server/src/llm/prices.ts'
import { createTurnRepository } from '../server/src/modules/chat/turn.repository.ts'
import { createPassageStore } from '../server/src/modules/knowledge/passage-store.ts'
import { createSearchIndexer } from '../server/src/modules/search/search-indexer.service.ts'
import { archiveSource, verifyArchive } from '../server/src/platform/backup/archive-reader.ts'
import { writeArchive } from '../server/src/platform/backup/archive-writer.ts'
import { fillDatabase } from '../server/src/platform/backup/fill-database.ts'
import { withSnapshot } from '../server/src/platform/backup/snapshot.ts'
import { type Database, openDatabase } from '../server/src/platform/database/database.ts'
import { withDatabase } from '../server/src/platform/database/database-url.ts'
import { prepareDatabase } from '../server/src/platform/database/prepare-database.ts'
import { withSession } from '../server/src/platform/database/session.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../server/src/platform/postgres/embedded-postgres.ts'
import { mintScope } from '../server/src/platform/scope.ts'
import { startEmbeddingServer } from '../server/test/knowledge/embedding-server.ts'
import { addRead } from '../server/test/knowledge/library.ts'
import { fillerDocuments } from './retrieval-filler.ts'
import { round } from './support.ts'
import { writeTurns } from './turn-writer.ts'

/**
 * What a message, a passage and a turn take on disk, in the log and in a backup, as the server's own code stores them:
 * turns by its statements (conversations of six turns), words by its indexer, passages by its store.
 *
 * `npm run bench:sizes -- [turns] [passages]`
 */
const [turnsGiven = '100000', passagesGiven = '3000'] = process.argv.slice(2)
const turns = Number(turnsGiven)
const passages = Number(passagesGiven)
const appVersion = '0.1.0'
const silent = pino({ level: 'silent' })
const scope = mintScope({ workspaceId: v7(), userId: v7(), familyId: v7() })
const dataDir = await mkdtemp(join(tmpdir(), 'chatbot-bench-'))

try {
  const server = await startEmbeddedPostgres({ dataDir, logger: silent })
  await main(server).finally(server.stop)
} finally {
  await rm(dataDir, { recursive: true, force: true })
}

async function main(server: EmbeddedPostgres): Promise<void> {
  console.log(`${cpus().length} cores, Node ${process.version}, PostgreSQL ${server.version}`)
  const { runtimeUrl: url, ownerUrl } = server
  await prepareDatabase({ url, ownerUrl, dataDir, appVersion, logger: silent })
  const db = openDatabase({ url, poolSize: 8, logger: silent })
  const admin = new pg.Client({ connectionString: withDatabase(server.superuserUrl, 'chatbot') })
  await admin.connect()
  try {
    await measureTurns(db, admin)
    await measureIndex(db, admin)
    await measurePassages(db, admin)
    await measureBackup(server)
  } finally {
    await admin.end()
    await db.close()
  }
}

async function measureTurns(db: Database, admin: pg.Client): Promise<void> {
  const { workspaceId, userId } = scope
  await admin.query(`INSERT INTO users (id, email, password_hash) VALUES ('${userId}', 'bench@example.com', '');
    INSERT INTO workspaces (id, name) VALUES ('${workspaceId}', 'Bench')`)
  const projectId = await addProject(admin)
  const ownerId = v7()
  const writer = { repository: createTurnRepository(db, ownerId), scope, projectId }
  const parts = [
    { name: 'answered at once', count: turns, keeps: 0 },
    { name: 'streamed for 5 s', count: Math.ceil(turns / 200), keeps: 5 },
  ]
  for (const { name, count, keeps } of parts) {
    await admin.query('CHECKPOINT')
    const before = await logPosition(admin)
    const began = performance.now()
    await writeTurns(writer, count, keeps)
    const seconds = (performance.now() - began) / 1000
    const bytes = (await logPosition(admin)) - before
    console.log(
      `${count} turns ${name}: ${round(count / seconds, 0)} a second, ${round(bytes / count, 0)} bytes of log each`,
    )
  }
  await admin.query('VACUUM ANALYZE')
  const { rows } = await admin.query('SELECT count(*)::int AS count, avg(length(content)) AS length FROM messages')
  console.log(`${rows[0].count} messages of ${round(Number(rows[0].length), 0)} characters on average`)
  await report(admin, 'messages', rows[0].count)
  await report(admin, 'usage_events', rows[0].count / 2)
  await report(admin, 'chat_sessions', rows[0].count / 12)
}

async function measureIndex(db: Database, admin: pg.Client): Promise<void> {
  const indexer = createSearchIndexer({ db, logger: silent })
  const before = await logPosition(admin)
  const began = performance.now()
  while ((await indexer.indexBatch()) > 0);
  const seconds = (performance.now() - began) / 1000
  await indexer.close()
  const { rows } = await admin.query('SELECT count(words)::int AS count FROM message_search')
  const bytes = (await logPosition(admin)) - before
  console.log(
    `${rows[0].count} messages in the search index: ${round(rows[0].count / seconds, 0)} a second without rests, ${round(bytes / rows[0].count, 0)} bytes of log each`,
  )
  await admin.query('VACUUM ANALYZE message_search')
  await report(admin, 'message_search', rows[0].count)
}

async function measurePassages(db: Database, admin: pg.Client): Promise<void> {
  const vendor = await startEmbeddingServer({ dimensions: 1536 })
  const provider = { id: 'openai', name: 'Stand-in', baseUrl: vendor.url, apiKey: null }
  const settings = { provider, model: 'stand-in', dimensions: null, timeoutMs: 60_000 }
  const embeddings = createEmbeddingModel({ settings, logger: silent })
  try {
    for (const model of [null, embeddings]) {
      const store = createPassageStore({ db, embeddings: model, prices: createPriceBook(), logger: silent })
      const shelf = { db, passages: store, scope, projectId: await addProject(admin) }
      const before = await logPosition(admin)
      for (const document of fillerDocuments(passages, 50)) await addRead(shelf, `filler ${v7()}.txt`, document)
      const bytes = (await logPosition(admin)) - before
      console.log(
        `${passages} passages ${model ? 'with' : 'without'} vectors: ${round(bytes / passages, 0)} bytes of log each`,
      )
      await admin.query('VACUUM ANALYZE')
      const stored = model ? passages * 2 : passages
      for (const table of ['passages', 'passage_words', 'file_words']) await report(admin, table, stored)
      if (model) await report(admin, 'passage_vectors', passages)
    }
  } finally {
    await embeddings.close()
    await vendor.close()
  }
}

async function measureBackup({ ownerUrl, superuserUrl }: EmbeddedPostgres): Promise<void> {
  const path = join(dataDir, 'bench.tar.gz')
  let began = performance.now()
  await withSession(ownerUrl, (client) => withSnapshot(client, appVersion, (source) => writeArchive(source, path)))
  const { size } = await stat(path)
  const megabytes = (await databaseBytes(ownerUrl)) / 1e6
  tell('backup', `${round(size / 1e6)} MB of a database of ${round(megabytes)} MB`, megabytes, began)
  await withSession(superuserUrl, (client) => client.query('CREATE DATABASE restored OWNER chatbot_owner'))
  began = performance.now()
  const archive = await verifyArchive(path)
  const options = { runner: { say: () => undefined, appVersion }, replace: false, say: () => undefined }
  await withSession(withDatabase(ownerUrl, 'restored'), (client) =>
    fillDatabase(client, archiveSource(archive), { ...options, expected: archive.manifest.tables }),
  )
  tell('restore, compared row for row', 'the same', megabytes, began)
}

function tell(what: string, how: string, megabytes: number, began: number): void {
  const seconds = (performance.now() - began) / 1000
  console.log(`${what}: ${how}, in ${round(seconds)} s, ${round(megabytes / seconds)} MB of database a second`)
}

async function addProject(admin: pg.Client): Promise<string> {
  const id = v7()
  await admin.query('INSERT INTO projects (workspace_id, id, name) VALUES ($1, $2, $3)', [scope.workspaceId, id, id])
  return id
}

async function report(admin: pg.Client, table: string, rows: number): Promise<void> {
  const { rows: found } = await admin.query(
    'SELECT pg_table_size($1::regclass)::float AS heap, pg_indexes_size($1::regclass)::float AS indexes',
    [table],
  )
  const { heap, indexes } = found[0]
  console.log(`  ${table}: ${round(heap / rows, 0)} bytes each and ${round(indexes / rows, 0)} in indexes`)
}

async function logPosition(admin: pg.Client): Promise<number> {
  const { rows } = await admin.query(`SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS bytes`)
  return Number(rows[0].bytes)
}

async function databaseBytes(url: string): Promise<number> {
  const { rows } = await withSession(url, (client) =>
    client.query('SELECT pg_database_size(current_database()) AS bytes'),
  )
  return Number(rows[0].bytes)
}
