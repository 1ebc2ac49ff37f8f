import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inOneProcess } from '../support/replicas.ts'
import { type AuthApp, password, startAuthApp } from './auth-app.ts'
import type { Device } from './device.ts'

let app: AuthApp
let other: AuthApp
beforeAll(async () => {
  app = await startAuthApp()
  other = await app.secondProcess()
})
afterAll(async () => {
  await other.close()
  await app.close()
})

async function twoDevices(email: string): Promise<[Device, Device]> {
  const first = await app.signedIn(email)
  const second = app.device()
  await second.login(email, password)
  return [first, second]
}

describe('sign-out', () => {
  test('ends this device at once: cookie, refresh token and access token', async () => {
    const [device, elsewhere] = await twoDevices('ada@example.com')
    const kept = Object.assign(app.device(), { cookie: device.cookie })
    const answer = await device.send('POST', '/auth/logout')
    expect(answer.status).toBe(204)
    expect(answer.headers.getSetCookie()[0]).toContain('Max-Age=0')
    expect(await device.reach()).toBe(401)
    expect((await kept.refresh()).status).toBe(401)
    expect(await elsewhere.reach()).toBe(200)
  })

  test('works with the cookie alone, with the access token alone, and with neither', async () => {
    const [byCookie, byToken] = await twoDevices('either@example.com')
    const { token } = byCookie
    await Object.assign(app.device(), { cookie: byCookie.cookie }).send('POST', '/auth/logout')
    expect(await Object.assign(app.device(), { token }).reach()).toBe(401)
    await Object.assign(app.device(), { token: byToken.token }).send('POST', '/auth/logout')
    expect((await byToken.refresh()).status).toBe(401)
    expect((await app.device().send('POST', '/auth/logout')).status).toBe(204)
  })

  test('with all=true ends every device of this user and nobody else', async () => {
    const [device, elsewhere] = await twoDevices('all@example.com')
    const neighbour = await app.signedIn('neighbour@example.com')
    expect((await device.send('POST', '/auth/logout?all=true')).status).toBe(204)
    expect(await elsewhere.reach()).toBe(401)
    expect((await elsewhere.refresh()).status).toBe(401)
    expect(await neighbour.reach()).toBe(200)
  })

  test('a sign-in that is over cannot end the others', async () => {
    const [device, elsewhere] = await twoDevices('over@example.com')
    const { cookie } = device
    await device.send('POST', '/auth/logout')
    await Object.assign(app.device(), { cookie }).send('POST', '/auth/logout?all=true')
    expect(await elsewhere.reach()).toBe(200)
  })

  test('another process follows within five seconds', async () => {
    const device = await app.signedIn('remote@example.com')
    const remote = Object.assign(other.device(), { token: device.token })
    expect(await remote.reach()).toBe(200)
    await device.send('POST', '/auth/logout')
    app.clock.nowMs += 5000
    expect(await remote.reach()).toBe(401)
  })

  const elsewhere = inOneProcess('behind nginx every other request comes to the process that was told')
  elsewhere('a busy client elsewhere is cut off in time as well', async () => {
    const device = await app.signedIn('busy@example.com')
    const remote = Object.assign(other.device(), { token: device.token })
    await remote.reach()
    await device.send('POST', '/auth/logout')
    const statuses: number[] = []
    for (let second = 0; second <= 5; second += 1) {
      statuses.push(await remote.reach())
      app.clock.nowMs += 1000
    }
    expect(statuses[0]).toBe(200)
    expect(statuses[5]).toBe(401)
  })
})

describe('password change', () => {
  const newPassword = 'another password'

  test('signs this device in anew and every other one out', async () => {
    const [device, elsewhere] = await twoDevices('change@example.com')
    const before = device.token
    const change = { current_password: password, new_password: newPassword }
    expect(await device.send('POST', '/auth/password', change)).toMatchObject({
      status: 200,
      body: { token_type: 'bearer', expires_in: 1800 },
    })
    expect(await device.reach()).toBe(200)
    expect((await device.refresh()).status).toBe(200)
    expect(await Object.assign(app.device(), { token: before }).reach()).toBe(401)
    expect(await elsewhere.reach()).toBe(401)
    expect((await elsewhere.refresh()).status).toBe(401)
    expect((await app.device().login('change@example.com', password)).status).toBe(401)
    expect((await app.device().login('change@example.com', newPassword)).status).toBe(200)
  })

  test('needs the current password', async () => {
    const device = await app.signedIn('wrong@example.com')
    const change = { current_password: newPassword, new_password: newPassword }
    const answer = await device.send('POST', '/auth/password', change)
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    expect(await device.reach()).toBe(200)
  })

  test('of two at once one wins, and only its password is good', async () => {
    const [first, second] = await twoDevices('race@example.com')
    const change = (device: Device, n: number) =>
      device.send('POST', '/auth/password', { current_password: password, new_password: `new password ${n}` })
    const answers = await Promise.all([change(first, 0), change(second, 1)])
    const winner = answers.findIndex((answer) => answer.status === 200)
    expect(answers.map((answer) => answer.status).filter((status) => status === 200)).toHaveLength(1)
    expect((await app.device().login('race@example.com', `new password ${winner}`)).status).toBe(200)
    expect((await app.device().login('race@example.com', `new password ${1 - winner}`)).status).toBe(401)
  })
})
