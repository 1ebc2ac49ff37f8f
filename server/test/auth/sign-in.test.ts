import { hash as bcryptHash } from '@node-rs/bcrypt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inOneProcess } from '../support/replicas.ts'
import { type AuthApp, password, startAuthApp } from './auth-app.ts'

let app: AuthApp
beforeAll(async () => {
  app = await startAuthApp()
})
afterAll(() => app.close())

describe('sign-in', () => {
  test('answers with an access token and puts the refresh token into a cookie scripts cannot read', async () => {
    await app.signedIn('ada@example.com')
    const device = app.device()
    const { status, body, headers } = await device.login(' ADA@example.com ', password)
    expect(status).toBe(200)
    expect(body).toEqual({ access_token: expect.any(String), token_type: 'bearer', expires_in: 1800 })
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.getSetCookie()).toEqual([
      expect.stringMatching(/^refresh_token=[\w-]{43}; Max-Age=2592000; Path=\/auth; HttpOnly; SameSite=Strict$/),
    ])
    expect(await device.reach()).toBe(200)
  })

  test('an unknown address hears exactly what a wrong password hears', async () => {
    await app.signedIn('grace@example.com')
    const wrong = await app.device().login('grace@example.com', 'wrong password')
    const unknown = await app.device().login('nobody@example.com', 'wrong password')
    expect(wrong).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } })
    expect(wrong.headers.get('www-authenticate')).toBe('Bearer')
    expect({ ...unknown.body, request_id: '' }).toEqual({ ...wrong.body, request_id: '' })
    expect([...unknown.headers.keys()]).toEqual([...wrong.headers.keys()])
  })

  test('a request without a token, or with a broken one, is told to sign in', async () => {
    const device = app.device()
    const without = await device.send('GET', '/users/me')
    expect(without).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
    expect(without.headers.get('www-authenticate')).toBe('Bearer')
    for (const authorization of ['Bearer x', 'Bearer', 'Basic YTpi', `Bearer ${'x'.repeat(5000)}`, 'Bearer a.b.c']) {
      const answer = await device.send('GET', '/users/me', undefined, { authorization })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
    }
  })

  test('an access token ends after its time', async () => {
    const device = await app.signedIn('time@example.com')
    app.clock.nowMs += 1_799_000
    expect(await device.reach()).toBe(200)
    app.clock.nowMs += 1000
    expect(await device.reach()).toBe(401)
  })

  test('a hash of another cost is replaced when its owner signs in', async () => {
    await app.signedIn('old@example.com')
    const old = await bcryptHash(password, { cost: 5 })
    await app.query(`UPDATE users SET password_hash = '${old}' WHERE email = 'old@example.com'`)
    expect((await app.device().login('old@example.com', 'wrong')).status).toBe(401)
    expect((await app.device().login('old@example.com', password)).status).toBe(200)
    const [row] = await app.query(`SELECT password_hash FROM users WHERE email = 'old@example.com'`)
    expect(row?.password_hash).toMatch(/^\$2b\$04\$/)
    expect((await app.device().login('old@example.com', password)).status).toBe(200)
  })

  test('a disabled account says so only to who knows its password', async () => {
    await app.signedIn('off@example.com')
    await app.accounts.operator.setDisabled('off@example.com', true)
    const wrong = await app.device().login('off@example.com', 'wrong')
    const right = await app.device().login('off@example.com', password)
    expect(wrong).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } })
    expect(right).toMatchObject({ status: 403, body: { code: 'account_disabled' } })
  })

  test('20 sign-ins at once of one account all succeed', async () => {
    await app.signedIn('busy@example.com')
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => app.device().login('busy@example.com', password)),
    )
    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 20 }, () => 200))
  })

  test('a form of a foreign page is refused, one of an allowed page is not', async () => {
    const open = await startAuthApp({ corsOrigins: ['https://app.example.com'] })
    await open.signedIn('ada@example.com')
    const statusFrom = async (origin: string) =>
      (await open.device().login('ada@example.com', password, { origin })).status
    expect(await statusFrom('https://evil.example.com')).toBe(403)
    expect(await statusFrom('null')).toBe(403)
    expect(await statusFrom('https://app.example.com')).toBe(200)
    expect(await statusFrom(open.url)).toBe(200)
    await open.close()
  })

  const byScheme = inOneProcess('nginx replaces the scheme that a client claims to have come by')
  byScheme('the cookie is Secure in production and wherever the request came by https', async () => {
    for (const settings of [{ secureCookies: true }, { trustProxy: true }]) {
      const secure = await startAuthApp(settings)
      const device = await secure.signedIn('ada@example.com')
      const forwarded = { 'x-forwarded-proto': 'https' }
      const { headers } = await device.login('ada@example.com', password, forwarded)
      expect(headers.getSetCookie()[0]).toMatch(/^__Secure-refresh_token=.*; Secure;/)
      expect((await device.refresh(forwarded)).status).toBe(200)
      await secure.close()
    }
  })
})
