import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AuthApp, password, startAuthApp } from './auth-app.ts'

let app: AuthApp
beforeAll(async () => {
  app = await startAuthApp()
})
afterAll(() => app.close())

function register(email: string, given = password) {
  return app.device().send('POST', '/auth/register', { email, password: given })
}

describe('registration', () => {
  test('answers 201 with id, address and time, and makes a personal workspace', async () => {
    const { status, body } = await register('  Ada@Example.COM ')
    expect(status).toBe(201)
    expect(body).toEqual({ id: expect.any(String), email: 'ada@example.com', created_at: expect.stringMatching(/Z$/) })
    const owned = await app.query(
      `SELECT m.role FROM memberships m JOIN workspaces w ON w.id = m.workspace_id WHERE m.user_id = '${body.id}'`,
    )
    expect(owned).toEqual([{ role: 'owner' }])
  })

  test('an address is taken whatever its case', async () => {
    await register('grace@example.com')
    const { status, body } = await register('GRACE@example.com')
    expect(status).toBe(409)
    expect(body).toMatchObject({ code: 'email_taken' })
  })

  test.each([
    ['a password of 7 characters', 'new@example.com', 'x'.repeat(7)],
    ['a password of 1,025 characters', 'new@example.com', 'x'.repeat(1025)],
    ['no address', 'not an address', password],
  ])('%s is refused', async (_, email, given) => {
    const { status, body } = await register(email, given)
    expect(status).toBe(422)
    expect(body).toMatchObject({ code: 'validation_failed' })
  })

  test('a password of 1,024 characters counts to its last byte', async () => {
    const long = 'x'.repeat(1024)
    expect((await register('long@example.com', long)).status).toBe(201)
    expect((await app.device().login('long@example.com', `${long.slice(0, 1023)}y`)).status).toBe(401)
    expect((await app.device().login('long@example.com', long)).status).toBe(200)
  })

  test('of 50 at once for one address, one succeeds and 49 hear that it is taken', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => register('crowd@example.com')))
    const statuses = answers.map((answer) => answer.status).sort()
    expect(statuses).toEqual([201, ...Array.from({ length: 49 }, () => 409)])
    expect(await app.query(`SELECT 1 FROM users WHERE email = 'crowd@example.com'`)).toHaveLength(1)
  })

  test('two processes agree on who was first', async () => {
    const other = await app.secondProcess()
    const body = { email: 'both@example.com', password }
    const answers = await Promise.all([app, other].map((one) => one.device().send('POST', '/auth/register', body)))
    await other.close()
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409])
    expect(await app.query(`SELECT 1 FROM workspaces WHERE id NOT IN (SELECT workspace_id FROM memberships)`)).toEqual(
      [],
    )
  })

  test('is refused where it is closed, while the operator still makes accounts', async () => {
    const closed = await startAuthApp({ registration: 'closed' })
    const body = { email: 'ada@example.com', password }
    const answer = await closed.device().send('POST', '/auth/register', body)
    expect(answer).toMatchObject({ status: 403, body: { code: 'registration_closed' } })
    await closed.accounts.operator.create(body)
    expect((await closed.device().login(body.email, password)).status).toBe(200)
    await closed.close()
  })
})
