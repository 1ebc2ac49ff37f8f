import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { inOneProcess, overshoot } from '../support/replicas.ts'
import { type AuthApp, password, startAuthApp } from './auth-app.ts'

describe('limits of sign-in and registration', () => {
  test('an address that tries too often is refused before any hashing', async () => {
    const app = await startAuthApp({ attemptsPerMinute: 3 })
    await app.signedIn('ada@example.com')
    expect((await app.device().login('ada@example.com', password)).status).toBe(200)
    let refused = await app.device().login('ada@example.com', password)
    for (let n = 0; n < overshoot && refused.status === 200; n += 1)
      refused = await app.device().login('ada@example.com', password)
    expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited' } })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50)
    const registration = await app.device().send('POST', '/auth/register', { email: 'new@example.com', password })
    expect(registration.status).toBe(429)
    await app.close()
  })

  test('refused attempts cost no hash', async () => {
    const app = await startAuthApp({ attemptsPerMinute: 1 })
    await app.device().login('ada@example.com', password)
    const attempts = Array.from({ length: 200 }, () => app.device().login('ada@example.com', password))
    const refused = (await Promise.all(attempts)).filter(({ status }) => status !== 401)
    expect(refused.length).toBeGreaterThanOrEqual(200 - overshoot)
    // A queue of 32 would have turned the rest away with its own wait of 5 seconds.
    for (const answer of refused) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(5)
    await app.close()
  })

  const byAddress = inOneProcess('nginx replaces the address that a client claims to have')
  byAddress('ten wrong passwords from one address lock it out of that account, and only that', async () => {
    const app = await startAuthApp({ trustProxy: true })
    await app.signedIn('ada@example.com')
    await app.signedIn('grace@example.com')
    const statuses = await guess(app, 12)
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429])
    expect((await app.device().login('ADA@example.com', password)).status).toBe(429)
    expect((await app.device().login('grace@example.com', password)).status).toBe(200)
    const elsewhere = { 'x-forwarded-for': '192.0.2.1' }
    expect((await app.device().login('ada@example.com', password, elsewhere)).status).toBe(200)
    await app.close()
  })

  test('a right password forgives the wrong ones before it', async () => {
    const app = await startAuthApp()
    await app.signedIn('ada@example.com')
    await guess(app, 9)
    expect((await app.device().login('ada@example.com', password)).status).toBe(200)
    expect(await guess(app, 9)).not.toContain(429)
    await app.close()
  })

  test('a stolen access token cannot be used to guess the password', async () => {
    const app = await startAuthApp()
    const device = await app.signedIn('ada@example.com')
    const change = { current_password: 'wrong', new_password: 'another password' }
    for (let n = 0; n < 10; n += 1) expect((await device.send('POST', '/auth/password', change)).status).toBe(403)
    // Each other process may let one more guess through before it has heard of these.
    for (let n = 0; n < overshoot; n += 1) {
      await device.send('POST', '/auth/password', change)
      await sleep(200)
    }
    expect((await device.send('POST', '/auth/password', change)).status).toBe(429)
    const patch = { email: 'eve@example.com', current_password: password }
    expect((await device.send('PATCH', '/users/me', patch)).status).toBe(429)
    await app.close()
  })
})

async function guess(app: AuthApp, times: number): Promise<number[]> {
  const statuses: number[] = []
  for (let n = 0; n < times; n += 1) statuses.push((await app.device().login('ada@example.com', `guess ${n}`)).status)
  return statuses
}
