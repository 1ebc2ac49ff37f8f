import { contract } from '@chatbot-platform/contract'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withSession } from '../../src/platform/database/session.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { untilIndexed } from '../support/search.ts'
import { ask } from '../support/turns.ts'
import { scopeOf } from '../usage/usage-events.ts'

const sessionCount = 210
const messagesPerSession = 100

let app: TestApp
let user: TestUser

beforeAll(async () => {
  app = await startTestApp()
  app.upstream.answers(() => ({ text: ['ok'] }))
  user = await app.user()
  const project = await createProject(user)
  const { workspaceId } = scopeOf(user)
  await asSuperuser(async (client) => {
    await client.query(
      `INSERT INTO chat_sessions (workspace_id, id, project_id, next_seq, created_at)
       SELECT $1, gen_random_uuid(), $2, $3 + 1, now() - n * interval '1 hour' FROM generate_series(1, $4) n`,
      [workspaceId, project.id, messagesPerSession, sessionCount],
    )
    await client.query(
      `INSERT INTO messages (workspace_id, id, session_id, seq, role, content, state, created_at)
       SELECT s.workspace_id, gen_random_uuid(), s.id, n, 'user', 'common w' || (n * 7) || ' ' ||
              CASE WHEN n = 50 AND row_number() OVER () % 3 = 0 THEN 'needle' ELSE md5(n::text) END, 'complete',
              s.created_at + n * interval '1 second'
         FROM chat_sessions s, generate_series(1, $1) n`,
      [messagesPerSession],
    )
  })
  await untilIndexed(app)
  await asSuperuser((client) => client.query('ANALYZE'))
}, 60_000)
afterAll(() => app.close())

test('all of 21,000 messages are indexed, each once', async () => {
  const rows = await asSuperuser(async (client) => (await client.query(`SELECT words FROM message_search`)).rows)
  expect(rows).toHaveLength(sessionCount * messagesPerSession)
  expect(rows.filter(({ words }) => words === null)).toEqual([])
})

test('a rare word is read from the index under row-level security, not from the table', async () => {
  const { before, after, found } = await withStatistics(`'needle'`)
  expect(found).toBeGreaterThan(20)
  expect(after.words).toBe(before.words + 1)
  expect(after.sequential).toBe(before.sequential)
})

test('a word that stands everywhere is found among the newest, without the index of words', async () => {
  const { before, after, found } = await withStatistics(`'common'`)
  expect(found).toBe(51)
  expect(after.words).toBe(before.words)
  expect(after.sequential).toBe(before.sequential)
})

test('without a tenant, or as another, the same search finds nothing', async () => {
  const { workspaceId } = scopeOf(await app.user())
  for (const workspace of ['', workspaceId]) {
    const found = await withSession(app.database.runtimeUrl, (client) => search(client, workspace, `'needle'`))
    expect(found).toBe(0)
  }
})

test('deep pages go on where the last one ended', async () => {
  const seen = new Set<string>()
  let cursor: string | undefined
  for (let pages = 0; pages < 12; pages++) {
    const page = await user.client.page(contract.search.messages, { query: { q: 'common', limit: 100, cursor } })
    for (const { message_id } of page.items) seen.add(message_id)
    cursor = page.nextCursor ?? undefined
  }
  expect(seen.size).toBe(1200)
})

test('what was left behind is indexed once its process has gone, and by one process at a time', async () => {
  const project = await createProject(user)
  await claimIndex()
  const { session_id } = await ask(user, project, 'leftover')
  await untilIndexed(app)
  expect(await hits('leftover')).toEqual([])
  await asSuperuser((client) => client.query(`UPDATE search_progress SET claimed_until = '-infinity'`))
  await untilIndexed(app)
  expect(await hits('leftover')).toEqual([session_id])
})

test('two processes at work and sessions deleted meanwhile leave every other message in the index', async () => {
  const project = await createProject(user)
  const turns = await Promise.all(Array.from({ length: 30 }, (_, n) => ask(user, project, `crowd ${n}`)))
  const other = await startTestApp({ database: app.database })
  const gone = turns.slice(0, 10).map(({ session_id }) => session_id)
  await Promise.all([
    untilIndexed(app),
    untilIndexed(other),
    ...gone.map((id) => user.client.call(contract.sessions.remove, { params: { session_id: id } })),
  ])
  await untilIndexed(app)
  await other.close()
  await untilIndexed(app)
  const left = turns.slice(10).map(({ session_id }) => session_id)
  expect((await hits('crowd')).sort()).toEqual(left.sort())
})

interface Scans {
  /** Uses of the index of words. */
  words: number
  /** Reads of a whole table. */
  sequential: number
}

/** Searches in one session whose use of indexes PostgreSQL counts. */
async function withStatistics(query: string) {
  const { workspaceId } = scopeOf(user)
  return asSuperuser(async (client) => {
    const before = await scansOf(client)
    const found = await search(client, workspaceId, query)
    return { before, found, after: await scansOf(client) }
  })
}

async function scansOf(client: pg.Client): Promise<Scans> {
  await client.query('SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()')
  const { rows } = await client.query(
    `SELECT (SELECT idx_scan::int FROM pg_stat_user_indexes WHERE indexrelname = 'message_search_words_idx') AS words,
            (SELECT seq_scan::int FROM pg_stat_user_tables WHERE relname = 'message_search') AS sequential`,
  )
  return rows[0]
}

async function search(client: pg.Client, workspaceId: string, query: string): Promise<number> {
  await client.query('BEGIN; SET LOCAL ROLE chatbot_runtime')
  await client.query(`SELECT set_config('app.workspace_id', $1, true)`, [workspaceId])
  const { rowCount } = await client.query(
    `SELECT * FROM search_messages($1, NULL, 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 2147483647, 51)`,
    [query],
  )
  await client.query('COMMIT')
  return rowCount ?? 0
}

function asSuperuser<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  return withSession(app.database.superuserUrl, work)
}

/** Takes the work as another process would: only once the app's own indexer, which runs by itself too, has none. */
async function claimIndex(): Promise<void> {
  await expect
    .poll(() =>
      asSuperuser(async (client) => {
        const { rowCount } = await client.query(
          `UPDATE search_progress SET claimed_until = now() + interval '1 minute' WHERE claimed_until < now()`,
        )
        return rowCount
      }),
    )
    .toBe(1)
}

/** The sessions in which a word is found. */
async function hits(q: string): Promise<string[]> {
  const found = await user.client.call(contract.search.messages, { query: { q, limit: 100 } })
  return found.map(({ session_id }) => session_id)
}
