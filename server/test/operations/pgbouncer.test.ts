import { readEvents } from '@chatbot-platform/client'
import { contract, type Project } from '@chatbot-platform/contract'
import { sql } from 'drizzle-orm'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../../src/platform/database/database.ts'
import { newId } from '../../src/platform/ids.ts'
import { mintScope } from '../../src/platform/scope.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'
import { hasPgBouncer, startPgBouncer, type TestPgBouncer } from '../support/pgbouncer.ts'
import { ask } from '../support/turns.ts'

const serverConnections = 3

describe.skipIf(!hasPgBouncer)('two servers behind PgBouncer in transaction mode', () => {
  let database: TestDatabase
  let pooler: TestPgBouncer
  let here: TestApp
  let there: TestApp
  let user: TestUser
  let project: Project

  beforeAll(async () => {
    database = await createTestDatabase()
    pooler = await startPgBouncer(database, serverConnections)
    const options = { database, env: { DATABASE_POOLER_URL: pooler.url } }
    here = await startTestApp(options)
    there = await startTestApp(options)
    user = await here.user()
    project = await createProject(user)
  })
  afterAll(async () => {
    await there?.close()
    await here?.close()
    await pooler?.stop()
    await database?.drop()
  })

  test('more turns at once than the database has connections are all stored, each where it belongs', async () => {
    const users = await Promise.all([here.user(), there.user(), here.user()])
    const projects = await Promise.all(users.map((one) => createProject(one)))
    const titles = Array.from({ length: 20 }, (_, n) => `turn ${n}`).toSorted()
    const asked = users.flatMap((one, n) => titles.map((title) => ask(one, projects[n] ?? project, title)))
    const turns = await Promise.all(asked)
    expect(new Set(turns.map(({ assistant_message }) => assistant_message.state))).toEqual(new Set(['complete']))
    for (const [n, one] of users.entries()) {
      const params = { project_id: projects[n]?.id ?? '' }
      const sessions = await one.client.call(contract.sessions.list, { params, query: { limit: 100 } })
      expect(sessions.map(({ title }) => title).toSorted()).toEqual(titles)
    }
  })

  test('a conversation goes on at the other server, and what belongs to somebody else is not there', async () => {
    const { session_id } = await ask(user, project, 'first')
    await ask({ ...user, client: there.as(user.token) }, project, 'second', session_id)
    const params = { session_id }
    const history = await there.as(user.token).call(contract.sessions.messages, { params, query: {} })
    expect(history).toHaveLength(4)
    const stranger = await there.user()
    const refusal = stranger.client.call(contract.sessions.messages, { params, query: {} })
    await expect(refusal).rejects.toMatchObject({ problem: { code: 'not_found' } })
  })

  test('word from the other server comes at once: text that grows, and a cancellation', async () => {
    const gate = here.upstream.gate()
    here.upstream.plays([{ text: ['one ', 'two', 'never'], gate, gateAfter: 1, hang: 2 }])
    const body = { project_id: project.id, message: 'Hello', stream: true }
    const response = await user.client.send(contract.chat.send, { body })
    const { value } = await readEvents(response.body ?? new ReadableStream()).next()
    if (value?.event !== 'accepted') throw new Error('the turn was not accepted')
    const params = { message_id: value.data.assistant_message.id }
    const reader = await there.as(user.token).send(contract.chat.attach, { params })
    const events = readEvents(reader.body ?? new ReadableStream())
    expect((await events.next()).value).toMatchObject({ event: 'delta', data: { text: 'one ' } })
    const opened = performance.now()
    gate.open()
    expect((await events.next()).value).toMatchObject({ event: 'delta', data: { text: 'two' } })
    expect(performance.now() - opened).toBeLessThan(900)
    const cancelled = await there.as(user.token).call(contract.chat.cancel, { params })
    expect(cancelled).toMatchObject({ state: 'cancelled', content: 'one two' })
  })

  test('requests go through it, on its few connections, with the limits of every transaction', async () => {
    const admin = new pg.Client({ connectionString: database.superuserUrl })
    await admin.connect()
    const direct = `SELECT count(*)::int AS count FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'chatbot-platform'`
    expect((await admin.query(direct)).rows[0].count).toBeLessThanOrEqual(serverConnections)
    await admin.end()
    const logger = pino({ level: 'silent' })
    const db = openDatabase({ url: database.runtimeUrl, poolerUrl: pooler.url, poolSize: 10, logger })
    const scope = mintScope({ workspaceId: newId(), userId: newId(), familyId: newId() })
    const shown = await db.tenant(scope, async (tx) => {
      const { rows } = await tx.execute<Record<string, string>>(
        sql`SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
          current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('app.workspace_id') AS workspace`,
      )
      return rows
    })
    expect(shown).toEqual([{ statement: '30s', lock: '10s', idle: '30s', workspace: scope.workspaceId }])
    const left = await db.pool.query(`SELECT current_setting('app.workspace_id', true) AS workspace`)
    expect(left.rows[0].workspace || null).toBe(null)
    await db.close()
  })
})
