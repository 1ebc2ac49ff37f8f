import { contract } from '@chatbot-platform/contract'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withSession } from '../../src/platform/database/session.ts'
import { createProject, startTestApp, type TestApp } from '../support/app.ts'
import { recordTurn, scopeOf } from './usage-events.ts'

let app: TestApp

beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.close())

const day = '2026-03-10'
const query = { from: day, to: day, group_by: 'project' }
const createdAt = new Date(`${day}T12:00:00Z`)

test('a run is counted once', async () => {
  const user = await app.user()
  const { id } = await recordTurn(app, user, { createdAt, cost: 0.5 })
  await recordTurn(app, user, { id, createdAt, cost: 0.75 })
  expect(await user.client.call(contract.usage.get, { query })).toMatchObject({ totals: { turns: 1, cost: 0.5 } })
})

test('deleting the session and the project changes nothing', async () => {
  const user = await app.user()
  const project = await createProject(user, { name: 'Short-lived' })
  app.upstream.plays([{ text: ['Hi'] }])
  const body = { project_id: project.id, message: 'Hello' }
  const turn = await user.client.call(contract.chat.send, { body })
  const event = { projectId: project.id, projectName: project.name, sessionId: turn.session_id, createdAt }
  await recordTurn(app, user, event)
  const before = await user.client.call(contract.usage.get, { query })
  await user.client.call(contract.sessions.remove, { params: { session_id: turn.session_id } })
  await user.client.call(contract.projects.remove, { params: { project_id: project.id } })
  const after = await user.client.call(contract.usage.get, { query })
  expect(after).toEqual(before)
  expect(after.rows).toMatchObject([{ project_id: project.id, project_name: 'Short-lived', turns: 1, cost: 0.001 }])
})

test('it goes with its workspace', async () => {
  const user = await app.user()
  const { id } = await recordTurn(app, user)
  await user.client.call(contract.users.remove, {})
  const left = await withSession(app.database.superuserUrl, (client) =>
    client.query('SELECT id FROM usage_events WHERE id = $1', [id]),
  )
  expect(left.rows).toEqual([])
})

describe('what is written stays as it is', () => {
  test.each([
    ['changed', sql`UPDATE usage_events SET cost = 0`],
    ['deleted', sql`DELETE FROM usage_events`],
    ['emptied', sql`TRUNCATE usage_events`],
  ])('it cannot be %s', async (_, statement) => {
    const user = await app.user()
    await recordTurn(app, user)
    const attempt = app.server.deps.db.tenant(scopeOf(user), (tx) => tx.execute(statement))
    await expect(attempt).rejects.toMatchObject({ cause: { code: '42501' } })
  })

  test('nobody writes into another ledger', async () => {
    const [owner, intruder] = [await app.user(), await app.user()]
    const { workspaceId } = scopeOf(owner)
    const insert = sql`INSERT INTO usage_events (workspace_id, id, project_id, project_name, session_id, state)
      VALUES (${workspaceId}, gen_random_uuid(), gen_random_uuid(), 'x', gen_random_uuid(), 'complete')`
    const attempt = app.server.deps.db.tenant(scopeOf(intruder), (tx) => tx.execute(insert))
    await expect(attempt).rejects.toMatchObject({ cause: { code: '42501' } })
  })

  test('the day is the one in UTC, whatever the time zone of the session', async () => {
    const scope = scopeOf(await app.user())
    const rows = await app.server.deps.db.tenant(scope, async (tx) => {
      await tx.execute(sql`SET LOCAL timezone = 'Pacific/Kiritimati'`)
      return tx.execute(
        sql`INSERT INTO usage_events (workspace_id, id, project_id, project_name, session_id, state, created_at)
          VALUES (${scope.workspaceId}, gen_random_uuid(), gen_random_uuid(), 'x', gen_random_uuid(), 'complete',
                  '2026-03-10T23:59:59.999Z') RETURNING day::text`,
        'objects',
      )
    })
    expect(rows).toEqual([{ day }])
  })
})
