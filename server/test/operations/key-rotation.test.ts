import { contract } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../support/app.ts'
import { problemOf } from '../support/turns.ts'

const oldKey = 'the old key, which has more than thirty-two bytes'
const newKey = 'the new key, which has more than thirty-two bytes'

let before: TestApp
let after: TestApp

beforeAll(async () => {
  before = await startTestApp({ given: { secretKey: oldKey } })
  const env = { SECRET_KEY_PREVIOUS: oldKey }
  after = await startTestApp({ database: before.database, env, given: { secretKey: newKey } })
})
afterAll(async () => {
  await after.close()
  await before.close()
})

test('a sign-in from before the change of the key goes on', async () => {
  const { token, email } = await before.user()
  expect(await after.as(token).call(contract.users.me, {})).toMatchObject({ email })
})

test('what the new key signs is nothing to a server that knows only the old one', async () => {
  const { token } = await after.user()
  expect(await problemOf(before.as(token).call(contract.users.me, {}))).toMatchObject({ code: 'unauthenticated' })
})
