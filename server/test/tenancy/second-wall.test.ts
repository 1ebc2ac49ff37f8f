import { getTableColumns, getTableName, sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/platform/ids.ts'
import { mintScope, type Scope } from '../../src/platform/scope.ts'
import { tables } from '../../src/schema.ts'
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { makeResources, type Resources } from './samples.ts'

// The application's own filters are left out here: the database alone has to hold.
let app: TestApp
let owner: Scope
let intruder: Scope
let ids: Resources
const tenantTables = Object.values(tables).filter((table) => 'workspaceId' in getTableColumns(table))

beforeAll(async () => {
  app = await startTestApp()
  const [first, second] = [await app.user(), await app.user()]
  ids = await makeResources(app, first)
  await makeResources(app, second)
  owner = scopeOf(first)
  intruder = scopeOf(second)
})
afterAll(() => app.close())

describe.each(tenantTables.map((table) => getTableName(table)))('%s without a filter', (name) => {
  const table = sql.identifier(name)

  test('shows a tenant its own rows only, and nobody any', async () => {
    const { db } = app.server.deps
    const seen = await db.tenant(intruder, (tx) =>
      tx.execute(sql`SELECT DISTINCT workspace_id FROM ${table}`, 'objects'),
    )
    expect(seen).toEqual([{ workspace_id: intruder.workspaceId }])
    const unseen = await db.identity({}, (tx) => tx.execute(sql`SELECT workspace_id FROM ${table}`, 'objects'))
    expect(unseen).toEqual([])
  })

  test('cannot be changed across tenants', async () => {
    const { db } = app.server.deps
    const before = await countOf(name)
    // `prompts` may not be changed at all, and rows of the memberships table name their user too: both ways nothing moves.
    await db
      .tenant(intruder, (tx) => tx.execute(sql`DELETE FROM ${table} WHERE workspace_id = ${owner.workspaceId}`))
      .catch(denied)
    await db
      .tenant(intruder, (tx) => tx.execute(sql`UPDATE ${table} SET workspace_id = ${owner.workspaceId}`))
      .then(
        () => expect.unreachable('a row moved into another tenant'),
        (error: Error) => expect(String(error.cause)).toMatch(/row-level security|permission denied/),
      )
    expect(await countOf(name)).toBe(before)
  })
})

test('a reference into another tenant is refused by the keys themselves', async () => {
  const insert = app.server.deps.db.tenant(intruder, (tx) =>
    tx.execute(
      sql`INSERT INTO chat_sessions (workspace_id, id, project_id) VALUES (${intruder.workspaceId}, ${newId()}, ${ids.project_id})`,
    ),
  )
  await expect(insert).rejects.toMatchObject({ cause: { code: '23503' } })
})

test.each(['send', 'edit', 'answer'] as const)(
  'the function that begins a turn (%s) sees nothing foreign',
  async (mode) => {
    const turn = {
      mode,
      projectId: mode === 'send' ? ids.project_id : null,
      sessionId: mode === 'send' ? ids.session_id : null,
      isNew: false,
      title: null,
      targetId: mode === 'send' ? null : ids.message_id,
      promptId: null,
      userMessageId: newId(),
      assistantMessageId: newId(),
      content: 'Hello',
      knownEndId: null,
      prefix: '',
    }
    const bounds = { maxMessages: 10, maxChars: 1000 }
    const outcome = await app.server.deps.turns.begin(intruder, turn, bounds, null)
    expect(outcome).toEqual({ outcome: mode === 'send' ? 'no_project' : 'no_message' })
  },
)

async function countOf(name: string): Promise<number> {
  const [row] = await app.server.deps.db.tenant(owner, (tx) =>
    tx.execute<{ count: string }>(sql`SELECT count(*) FROM ${sql.identifier(name)}`, 'objects'),
  )
  return Number(row?.count)
}

function denied(error: Error): void {
  expect(String(error.cause)).toMatch(/permission denied/)
}

function scopeOf(user: TestUser): Scope {
  const claims = JSON.parse(Buffer.from(user.token.split('.')[1] ?? '', 'base64url').toString())
  return mintScope({ userId: claims.sub, workspaceId: claims.wid, familyId: claims.sid })
}
