import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { contract } from '@chatbot-platform/contract'
import pg from 'pg'
import { pino } from 'pino'
import { v7 } from 'uuid'
import { createSearchIndexer } from '../server/src/modules/search/search-indexer.service.ts'
import { openDatabase } from '../server/src/platform/database/database.ts'
import { openEmbeddedPostgres } from '../server/src/platform/postgres/embedded-postgres.ts'
import { type BenchAccount, makeAccount } from './account.ts'
import { createChildren, serverEnv } from './children.ts'
import { percentile, round } from './support.ts'

/**
 * How the time of a turn, a page and a search grows with what is stored: turns in sessions of 10 to 10,000 messages (in
 * turn, so that a change of the machine's speed meets all alike), lists and search beside 100,000 messages.
 *
 * `npm run bench:growth -- [turns per session] [turns | reads]`; without the last both are measured.
 */
const [turnsGiven = '60', part] = process.argv.slice(2)
const turns = Number(turnsGiven)
const sizes = [10, 100, 1000, 10_000]
const bulk = 100_000
const indexPatienceMs = 180_000
const progressEveryMs = 10_000
const silent = pino({ level: 'silent' })
const children = createChildren()
const dataDir = await mkdtemp(join(tmpdir(), 'chatbot-bench-'))

try {
  await main()
} finally {
  await children.stop()
  await rm(dataDir, { recursive: true, force: true })
}

async function main(): Promise<void> {
  const upstream = await children.start('upstream.ts', [JSON.stringify({ text: ['Hello', ' there', '.'] })])
  const { url } = await children.start('serve.ts', [], serverEnv(dataDir, upstream.url))
  const account = await makeAccount(url)
  const database = await openEmbeddedPostgres({ dataDir, logger: silent })
  const admin = new pg.Client({ connectionString: database.superuserUrl.replace('/postgres?', '/chatbot?') })
  await admin.connect()
  console.log(`${cpus().length} cores, Node ${process.version}, PostgreSQL ${database.version}`)
  try {
    if (part !== 'reads') await measureTurns(admin, account)
    if (part !== 'turns') await measureReads(admin, account, database.runtimeUrl)
  } finally {
    await admin.end()
  }
}

async function measureReads(admin: pg.Client, account: BenchAccount, databaseUrl: string): Promise<void> {
  const sessionId = await fill(admin, account, bulk)
  await admin.query('VACUUM ANALYZE')
  await measureLists(account, sessionId)
  if (await index(databaseUrl, admin)) await measureSearch(account)
}

async function measureTurns(admin: pg.Client, account: BenchAccount): Promise<void> {
  const sessions = []
  for (const size of sizes) sessions.push({ size, id: await fill(admin, account, size), times: [] as number[] })
  await admin.query('ANALYZE')
  for (let turn = 0; turn < turns + 5; turn++) {
    for (const { id, times } of sessions) {
      const body = { project_id: account.projectId, session_id: id, message: 'And what about Sundays?' }
      const took = await time(() => account.client.call(contract.chat.send, { body }))
      if (turn >= 5) times.push(took)
    }
  }
  const base = percentile((sessions[0]?.times ?? []).toSorted(ascending), 0.5)
  for (const { size, times } of sessions) {
    const median = percentile(times.toSorted(ascending), 0.5)
    console.log(
      `turn in a session of ${size}: p50 ${round(median, 2)} ms, ${round(median / base, 2)} of that at ${sizes[0]}`,
    )
  }
}

async function measureLists(account: BenchAccount, sessionId: string): Promise<void> {
  const params = { session_id: sessionId }
  const query = { limit: 100, order: 'desc' as const }
  const page = () => account.client.call(contract.sessions.messages, { params, query })
  console.log(`a page of 100 of ${bulk} messages: p50 ${round(await median(page), 2)} ms`)
}

/**
 * Brings the search index up to date without the rests that the server takes in between, for which turns come first.
 * Says how far it is, and false where it takes too long.
 */
async function index(databaseUrl: string, admin: pg.Client): Promise<boolean> {
  const db = openDatabase({ url: databaseUrl, poolSize: 1, logger: silent })
  const indexer = createSearchIndexer({ db, logger: silent })
  const began = performance.now()
  let toldAt = began
  try {
    for (;;) {
      const count = await indexer.indexBatch().catch((error: Error) => analyze(admin, error))
      const tookMs = performance.now() - began
      const isQuiet = count === 0
      if (!isQuiet && performance.now() - toldAt < progressEveryMs && tookMs < indexPatienceMs) continue
      toldAt = performance.now()
      const done = await indexed(admin)
      console.log(`${done} of ${bulk} messages are in the search index after ${round(tookMs / 1000)} s`)
      if (done >= bulk) return true
      if (tookMs > indexPatienceMs) return false
      // The server's own indexer has a batch in hand.
      if (isQuiet) await sleep(200)
    }
  } finally {
    await indexer.close()
    await db.close()
  }
}

/** A table that was filled a moment ago is misjudged until autovacuum has looked at it, within its minute. */
async function analyze(admin: pg.Client, { message }: Error): Promise<number> {
  console.log(`a batch failed (${message}); looking at the new rows before the next`)
  await admin.query('ANALYZE message_search')
  return 0
}

async function indexed(admin: pg.Client): Promise<number> {
  const { rows } = await admin.query('SELECT count(words)::int AS count FROM message_search')
  return rows[0].count
}

async function measureSearch(account: BenchAccount): Promise<void> {
  const search = (q: string) => () => account.client.call(contract.search.messages, { query: { q } })
  for (const [name, q] of Object.entries({
    rare: `message ${bulk - 1}`,
    everywhere: 'conversation',
    absent: 'nowhere',
  })) {
    console.log(`search beside ${bulk} messages, ${name}: p50 ${round(await median(search(q)), 2)} ms`)
  }
}

/** A session with that many messages of 200 characters. */
async function fill(admin: pg.Client, { workspaceId, projectId }: BenchAccount, count: number): Promise<string> {
  const id = v7()
  await admin.query('INSERT INTO chat_sessions (workspace_id, id, project_id, next_seq) VALUES ($1, $2, $3, $4)', [
    workspaceId,
    id,
    projectId,
    count + 1,
  ])
  await admin.query(
    `INSERT INTO messages (workspace_id, id, session_id, seq, role, content, state)
       SELECT $1, gen_random_uuid(), $2, n, CASE n % 2 WHEN 1 THEN 'user' ELSE 'assistant' END,
         left('Message ' || n || ' ' || repeat('of a long conversation ', 10), 200), 'complete'
       FROM generate_series(1, $3::int) AS n`,
    [workspaceId, id, count],
  )
  await admin.query(
    'UPDATE chat_sessions SET head_message_id = (SELECT id FROM messages WHERE session_id = $1 AND seq = $2) WHERE id = $1',
    [id, count],
  )
  return id
}

async function median(work: () => Promise<unknown>): Promise<number> {
  const times = []
  for (let count = 0; count < 30; count++) times.push(await time(work))
  return percentile(times.slice(5).toSorted(ascending), 0.5)
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

function ascending(a: number, b: number): number {
  return a - b
}
