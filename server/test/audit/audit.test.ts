import { type AuditEvent, contract } from '@chatbot-platform/contract'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withSession } from '../../src/platform/database/session.ts'
import { newId } from '../../src/platform/ids.ts'
import { createProject, startTestApp, type TestApp, type TestUser, testPassword } from '../support/app.ts'
import { ask, problemOf } from '../support/turns.ts'
import { scopeOf } from '../usage/usage-events.ts'

let app: TestApp

beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.close())

function eventsOf(user: TestUser): Promise<AuditEvent[]> {
  return user.client.call(contract.audit.list, { query: {} })
}

async function actionsOf(user: TestUser): Promise<string[]> {
  return (await eventsOf(user)).map(({ action }) => action)
}

const signIn = (email: string, password: string) =>
  app.anonymous.call(contract.auth.login, { body: { username: email, password } })

describe('the audit log', () => {
  test('has who signed in, from where, and who did not get in', async () => {
    const user = await app.user()
    await problemOf(signIn(user.email, 'a wrong password'))
    await problemOf(signIn('nobody@example.com', 'a wrong password'))
    await expect.poll(() => actionsOf(user)).toEqual(['user.sign_in_failed', 'user.signed_in'])
    const { id } = await user.client.call(contract.users.me, {})
    const target = { type: 'user', id }
    expect(await eventsOf(user)).toMatchObject([
      { actor_id: null, target, address: '127.0.0.1' },
      { actor_id: id, target, address: '127.0.0.1' },
    ])
  })

  test('has changes of the account, by its user and by the operator', async () => {
    const user = await app.user()
    const passwords = { current_password: testPassword, new_password: 'another long password' }
    const { access_token: token } = await user.client.call(contract.auth.password, { body: passwords })
    const email = `${newId()}@example.com`
    await app.as(token).call(contract.users.update, { body: { email, current_password: passwords.new_password } })
    await app.as(token).call(contract.auth.logout, { query: { all: 'true' } })
    await app.server.deps.operator.resetPassword(email, testPassword)
    await app.server.deps.operator.setDisabled(email, true)
    await app.server.deps.operator.setDisabled(email, false)
    const again = { ...user, client: app.as((await signIn(email, testPassword)).access_token) }
    expect(await actionsOf(again)).toEqual([
      'user.signed_in',
      ...['user.enabled', 'user.disabled', 'user.password_reset', 'user.signed_out_everywhere'],
      ...['user.email_changed', 'user.password_changed', 'user.signed_in'],
    ])
  })

  test('has deletions and exports, which outlive what they speak of, and not a word of it', async () => {
    const user = await app.user()
    const project = await createProject(user, { name: 'A telling name' })
    app.upstream.plays([{ text: ['a telling answer'] }])
    const { session_id } = await ask(user, project, 'a telling question')
    await user.client.send(contract.sessions.export, { params: { session_id }, query: {} }).then((file) => file.text())
    await user.client.call(contract.sessions.remove, { params: { session_id } })
    await user.client.call(contract.projects.remove, { params: { project_id: project.id } })
    const events = await eventsOf(user)
    expect(events.map(({ action, target }) => [action, target.id]).slice(0, 3)).toEqual([
      ['project.deleted', project.id],
      ['session.deleted', session_id],
      ['session.exported', session_id],
    ])
    expect(JSON.stringify(events)).not.toMatch(/telling|@example\.com|password/)
  })

  test('has nothing of a deletion that did not happen', async () => {
    const [user, other] = [await app.user(), await app.user()]
    const project = await createProject(other)
    await problemOf(user.client.call(contract.projects.remove, { params: { project_id: project.id } }))
    expect(await actionsOf(user)).toEqual(['user.signed_in'])
    expect(await actionsOf(other)).toEqual(['user.signed_in'])
  })

  test('is read page by page, newest first', async () => {
    const user = await app.user()
    for (let count = 0; count < 3; count++) await signIn(user.email, testPassword)
    const whole = await eventsOf(user)
    const first = await user.client.page(contract.audit.list, { query: { limit: '3' } })
    expect(first.items).toEqual(whole.slice(0, 3))
    const rest = await user.client.page(contract.audit.list, { query: { cursor: first.nextCursor ?? '' } })
    expect([rest.items, rest.nextCursor]).toEqual([whole.slice(3), null])
  })

  test('is for owners of the workspace', async () => {
    const user = await app.user()
    const demote = `UPDATE memberships SET role = 'admin' WHERE user_id = '${scopeOf(user).userId}'`
    await withSession(app.database.superuserUrl, (client) => client.query(demote))
    expect(await problemOf(eventsOf(user))).toMatchObject({ status: 403, code: 'forbidden' })
  })
})

test.each([
  ['change', sql`UPDATE audit_events SET action = 'user.enabled'`],
  ['delete', sql`DELETE FROM audit_events`],
  ['empty', sql`TRUNCATE audit_events`],
])('the login that serves requests may not %s it', async (_, statement) => {
  const scope = scopeOf(await app.user())
  const tried = app.server.deps.db.tenant(scope, (tx) => tx.execute(statement))
  await expect(tried).rejects.toMatchObject({ cause: { message: 'permission denied for table audit_events' } })
})

test('an act that cannot be noted does not happen', async () => {
  const user = await app.user()
  const project = await createProject(user)
  const scope = scopeOf(user)
  const barred = `ALTER TABLE audit_events ADD CONSTRAINT barred CHECK (workspace_id <> '${scope.workspaceId}') NOT VALID`
  await withSession(app.database.superuserUrl, (client) => client.query(barred))
  const params = { project_id: project.id }
  expect(await problemOf(user.client.call(contract.projects.remove, { params }))).toMatchObject({ code: 'internal' })
  expect(await user.client.call(contract.projects.get, { params })).toEqual(project)
})
