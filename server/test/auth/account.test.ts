import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/platform/ids.ts'
import { type AuthApp, password, startAuthApp } from './auth-app.ts'

let app: AuthApp
beforeAll(async () => {
  app = await startAuthApp()
})
afterAll(() => app.close())

describe('the account', () => {
  test('shows id, address and time', async () => {
    const device = await app.signedIn('ada@example.com')
    const { body } = await device.send('GET', '/users/me')
    expect(body).toEqual({ id: expect.any(String), email: 'ada@example.com', created_at: expect.stringMatching(/Z$/) })
  })

  test('changes its address against the password; the new one signs in, the old one does not', async () => {
    const device = await app.signedIn('before@example.com')
    const patch = { email: 'After@Example.com', current_password: password }
    expect(await device.send('PATCH', '/users/me', { ...patch, current_password: 'wrong' })).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    })
    expect(await device.send('PATCH', '/users/me', patch)).toMatchObject({ body: { email: 'after@example.com' } })
    expect((await app.device().login('after@example.com', password)).status).toBe(200)
    expect((await app.device().login('before@example.com', password)).status).toBe(401)
  })

  test('cannot take the address of another, but may keep its own', async () => {
    const device = await app.signedIn('mine@example.com')
    await app.signedIn('theirs@example.com')
    const patch = (email: string) => device.send('PATCH', '/users/me', { email, current_password: password })
    expect(await patch('THEIRS@example.com')).toMatchObject({ status: 409, body: { code: 'email_taken' } })
    expect((await patch('mine@example.com')).status).toBe(200)
  })
})

describe('deleting the account', () => {
  test('removes every row of it and nothing else', async () => {
    const before = await counts()
    const device = await app.signedIn('gone@example.com')
    await device.refresh()
    await fillWorkspace('gone@example.com')
    expect(await counts()).not.toEqual(before)
    const answer = await device.send('DELETE', '/users/me')
    expect(answer.status).toBe(204)
    expect(answer.headers.getSetCookie()[0]).toContain('Max-Age=0')
    expect(await counts()).toEqual(before)
  })

  test('ends its tokens and frees its address', async () => {
    const device = await app.signedIn('again@example.com')
    const { cookie } = device
    await device.send('DELETE', '/users/me')
    expect(await device.reach()).toBe(401)
    expect((await Object.assign(app.device(), { cookie }).refresh()).status).toBe(401)
    expect((await app.device().login('again@example.com', password)).status).toBe(401)
    const again = await app.device().send('POST', '/auth/register', { email: 'again@example.com', password })
    expect(again.status).toBe(201)
  })

  test('leaves a workspace that others are members of', async () => {
    const device = await app.signedIn('leaver@example.com')
    await app.signedIn('stayer@example.com')
    const workspaceId = await fillWorkspace('leaver@example.com')
    await app.query(
      `INSERT INTO memberships (workspace_id, user_id, role)
         SELECT '${workspaceId}', id, 'editor' FROM users WHERE email = 'stayer@example.com'`,
    )
    expect((await device.send('DELETE', '/users/me')).status).toBe(204)
    expect(await app.query(`SELECT 1 FROM projects WHERE workspace_id = '${workspaceId}'`)).toHaveLength(1)
    const left = await app.query(`SELECT u.email FROM memberships m JOIN users u ON u.id = m.user_id
      WHERE m.workspace_id = '${workspaceId}'`)
    expect(left).toEqual([{ email: 'stayer@example.com' }])
  })
})

/** A project with an active prompt and a conversation; returns the workspace. */
async function fillWorkspace(email: string): Promise<string> {
  const [row] = await app.query(
    `SELECT m.workspace_id AS id FROM memberships m JOIN users u ON u.id = m.user_id WHERE u.email = '${email}'`,
  )
  const workspaceId = String(row?.id)
  const [project, prompt, session] = [newId(), newId(), newId()]
  await app.query(`
    INSERT INTO projects (workspace_id, id, name) VALUES ('${workspaceId}', '${project}', 'Support');
    INSERT INTO prompts (workspace_id, id, project_id, version, content)
      VALUES ('${workspaceId}', '${prompt}', '${project}', 1, 'Be brief.');
    UPDATE projects SET active_prompt_id = '${prompt}' WHERE id = '${project}';
    INSERT INTO chat_sessions (workspace_id, id, project_id) VALUES ('${workspaceId}', '${session}', '${project}');
    INSERT INTO messages (workspace_id, id, session_id, seq, role, content, state)
      VALUES ('${workspaceId}', '${newId()}', '${session}', 1, 'user', 'Hello', 'complete');`)
  return workspaceId
}

/** How many rows each table has. */
/** Rows of each table, but for the counts of limits, which go by themselves within minutes. */
async function counts(): Promise<Record<string, unknown> | undefined> {
  const tables = await app.query(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '%\\_counts'`,
  )
  const columns = tables.map(({ name }) => `(SELECT count(*)::int FROM ${name}) AS ${name}`)
  return (await app.query(`SELECT ${columns.join(', ')}`))[0]
}
