import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AuthApp, password, startAuthApp } from './auth-app.ts'

let app: AuthApp
let commandLine: AuthApp
beforeAll(async () => {
  app = await startAuthApp()
  commandLine = await app.secondProcess()
})
afterAll(async () => {
  await commandLine.close()
  await app.close()
})

describe('the operator', () => {
  test('resets a forgotten password, which signs every device out', async () => {
    const device = await app.signedIn('ada@example.com')
    expect(await device.reach()).toBe(200)
    await commandLine.accounts.operator.resetPassword('ada@example.com', 'a password from the operator')
    app.clock.nowMs += 5000
    expect(await device.reach()).toBe(401)
    expect((await device.refresh()).status).toBe(401)
    expect((await app.device().login('ada@example.com', password)).status).toBe(401)
    expect((await app.device().login('ada@example.com', 'a password from the operator')).status).toBe(200)
  })

  test('disables an account, which signs it out, and enables it again', async () => {
    const device = await app.signedIn('grace@example.com')
    expect(await device.reach()).toBe(200)
    await commandLine.accounts.operator.setDisabled('grace@example.com', true)
    app.clock.nowMs += 5000
    expect(await device.reach()).toBe(401)
    expect((await device.refresh()).status).toBe(401)
    await commandLine.accounts.operator.setDisabled('grace@example.com', false)
    expect(await device.reach()).toBe(401)
    expect((await device.login('grace@example.com', password)).status).toBe(200)
    expect(await device.reach()).toBe(200)
  })

  test('hears when no account has the address', async () => {
    const { operator } = commandLine.accounts
    await expect(operator.resetPassword('nobody@example.com', password)).rejects.toMatchObject({ code: 'not_found' })
    await expect(operator.setDisabled('nobody@example.com', true)).rejects.toMatchObject({ code: 'not_found' })
  })
})
