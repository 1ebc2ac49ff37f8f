import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AuthApp, startAuthApp } from './auth-app.ts'
import type { Device } from './device.ts'

let app: AuthApp
beforeAll(async () => {
  app = await startAuthApp()
})
afterAll(() => app.close())

/** The same browser as it was: a second tab, or a thief's copy. */
function copyOf(device: Device): Device {
  return Object.assign(app.device(), { cookie: device.cookie })
}

describe('refresh', () => {
  test('gives a new access token and a new cookie; the old cookie is spent', async () => {
    const device = await app.signedIn('ada@example.com')
    const before = device.cookie
    app.clock.nowMs += 3_600_000
    expect(await device.reach()).toBe(401)
    expect(await device.refresh()).toMatchObject({ status: 200, body: { token_type: 'bearer', expires_in: 1800 } })
    expect(device.cookie).not.toBe(before)
    expect(await device.reach()).toBe(200)
  })

  test('within 30 seconds of its rotation a token is good again, for another tab or a lost answer', async () => {
    const device = await app.signedIn('tabs@example.com')
    const tab = copyOf(device)
    await device.refresh()
    app.clock.nowMs += 30_000
    expect((await tab.refresh()).status).toBe(200)
    expect(tab.cookie).not.toBe(device.cookie)
    app.clock.nowMs += 3_600_000
    expect((await tab.refresh()).status).toBe(200)
    expect((await device.refresh()).status).toBe(200)
  })

  test('later reuse ends the whole sign-in, its access tokens too, and no other', async () => {
    const device = await app.signedIn('theft@example.com')
    const elsewhere = app.device()
    await elsewhere.login('theft@example.com', 'correct horse battery')
    const thief = copyOf(device)
    await device.refresh()
    expect(await device.reach()).toBe(200)
    app.clock.nowMs += 30_001
    const reuse = await thief.refresh()
    expect(reuse).toMatchObject({ status: 401, body: { code: 'refresh_token_invalid' } })
    expect(reuse.headers.getSetCookie()[0]).toContain('Max-Age=0')
    expect(await device.reach()).toBe(401)
    expect((await device.refresh()).status).toBe(401)
    expect(await elsewhere.reach()).toBe(200)
  })

  test('20 at once with one token all succeed', async () => {
    const device = await app.signedIn('parallel@example.com')
    const tabs = Array.from({ length: 20 }, () => copyOf(device))
    const answers = await Promise.all(tabs.map((tab) => tab.refresh()))
    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 20 }, () => 200))
    expect(new Set(tabs.map((tab) => tab.cookie)).size).toBe(20)
    expect(await tabs[19]?.reach()).toBe(200)
  })

  test('a device that is not used for 30 days is signed out; one that is used stays', async () => {
    const used = await app.signedIn('used@example.com')
    const idle = await app.signedIn('idle@example.com')
    app.clock.nowMs += 29 * 86_400_000
    expect((await used.refresh()).status).toBe(200)
    app.clock.nowMs += 86_400_000
    expect((await used.refresh()).status).toBe(200)
    expect((await idle.refresh()).status).toBe(401)
  })

  test.each([
    ['no cookie', undefined],
    ['an unknown token', `refresh_token=${'x'.repeat(43)}`],
    ['something else', 'refresh_token=%27%3B--'],
  ])('with %s answers 401', async (_, cookie) => {
    const answer = await Object.assign(app.device(), { cookie }).refresh()
    expect(answer).toMatchObject({ status: 401, body: { code: 'refresh_token_invalid' } })
  })

  test('a foreign page cannot trigger it', async () => {
    const device = await app.signedIn('csrf@example.com')
    expect(await device.refresh({ origin: 'https://evil.example.com' })).toMatchObject({ status: 403 })
    expect((await device.refresh({ origin: app.url })).status).toBe(200)
  })

  test('the database holds only hashes, and sign-ins that ended are cleared away at the next one', async () => {
    const device = await app.signedIn('tidy@example.com')
    const secret = device.cookie?.split('=')[1] ?? ''
    const rows = async () =>
      app.query(`SELECT t.* FROM refresh_tokens t JOIN users u ON u.id = t.user_id WHERE u.email = 'tidy@example.com'`)
    await device.refresh()
    expect(JSON.stringify(await rows())).not.toContain(secret)
    expect(await rows()).toHaveLength(2)
    app.clock.nowMs += 31 * 86_400_000
    await app.device().login('tidy@example.com', 'correct horse battery')
    expect(await rows()).toHaveLength(1)
  })
})
