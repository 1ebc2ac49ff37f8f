import { type Account, type AccountOptions, ConnectionError, createAccount } from '@chatbot-platform/client'
import { contract } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { startTestApp, type TestApp, testPassword } from '../../server/test/support/app.ts'
import { createTestClock } from '../../server/test/support/test-clock.ts'
import { problemOf } from '../../server/test/support/turns.ts'
import { type BrowserFetch, browserFetch } from './support/browser-fetch.ts'
import { browserPage } from './support/browser-page.ts'

let app: TestApp

beforeAll(async () => {
  app = await startTestApp({ env: { ACCESS_TOKEN_EXPIRE_MINUTES: '15' }, clock })
})
afterAll(async () => {
  await app.close()
  clock.remove()
})

const minuteMs = 60_000
/** The default channel, which the others do without. */
const tabs = { channel: undefined }
/** The server's, which stands still. */
const clock = createTestClock()
const refresh = 'POST /auth/refresh'

/** A tab of a browser. */
function openTab(browser: BrowserFetch, options: Partial<AccountOptions> = {}): Account {
  const account = createAccount({ baseUrl: app.url, fetch: browser.fetch, channel: noChannel(), ...options })
  onTestFinished(() => account.close())
  return account
}

async function signedIn(options: Partial<AccountOptions> = {}) {
  const [browser, user] = [browserFetch(), await app.user()]
  const account = openTab(browser, options)
  await account.start()
  await account.login(user.email, user.password)
  return { account, browser, user }
}

const me = (account: Account) => account.client.call(contract.users.me, {})
const refreshes = ({ requests }: BrowserFetch) => requests.filter((request) => request === refresh).length

test('nobody is signed in at first; registering signs in, and a reload stays so', async () => {
  const browser = browserFetch()
  const account = openTab(browser)
  expect(account.getSnapshot()).toEqual({ status: 'unknown', user: null, isOffline: false })
  await account.start()
  expect(account.getSnapshot().status).toBe('signed-out')
  const email = `new-${Date.now()}@example.com`
  await account.register(email, testPassword)
  expect(account.getSnapshot()).toMatchObject({ status: 'signed-in', user: { email } })
  const snapshot = account.getSnapshot()
  await me(account)
  expect(account.getSnapshot()).toBe(snapshot)
  const reloaded = openTab(browser)
  await reloaded.start()
  expect(reloaded.getSnapshot()).toMatchObject({ status: 'signed-in', user: { email } })
})

test('a wrong password signs nobody in', async () => {
  const account = openTab(browserFetch())
  await account.start()
  expect(await problemOf(account.login((await app.user()).email, 'wrong'))).toMatchObject({
    code: 'invalid_credentials',
  })
  expect(account.getSnapshot().status).toBe('signed-out')
})

test('a token that runs out is exchanged before it is used, once for all calls that wait', async () => {
  let nowMs = Date.now()
  const { account, browser, user } = await signedIn({ now: () => nowMs })
  const before = refreshes(browser)
  nowMs += 13 * minuteMs
  await me(account)
  expect(refreshes(browser)).toBe(before)
  nowMs += 1.5 * minuteMs
  const users = await Promise.all(Array.from({ length: 8 }, () => me(account)))
  expect(users.every(({ email }) => email === user.email)).toBe(true)
  expect(refreshes(browser)).toBe(before + 1)
})

test('a token that the server no longer takes is exchanged once, and the calls are made again', async () => {
  const { account, browser } = await signedIn()
  const before = refreshes(browser)
  clock.nowMs += 16 * minuteMs
  await Promise.all([me(account), me(account), me(account)])
  expect(account.getSnapshot().status).toBe('signed-in')
  expect(refreshes(browser)).toBe(before + 1)
})

test('a sign-in that was ended on another device ends here with the next call', async () => {
  const { account, user } = await signedIn()
  await app.anonymous.call(contract.auth.logout, {
    query: { all: 'true' },
    headers: { authorization: `Bearer ${user.token}` },
  })
  // The server remembers a verified token for up to five seconds.
  await expect
    .poll(() => me(account).catch(() => account.getSnapshot().status), { timeout: 8000, interval: 250 })
    .toBe('signed-out')
  expect(account.getSnapshot().user).toBeNull()
})

test.each(['offline', 502] as const)('a refresh that meets %s signs nobody out', async (trouble) => {
  let nowMs = Date.now()
  const { account, browser, user } = await signedIn({ now: () => nowMs })
  browser.trouble = trouble
  nowMs += 20 * minuteMs
  await expect(me(account)).rejects.toThrow(ConnectionError)
  expect(account.getSnapshot()).toMatchObject({ status: 'signed-in', user: { email: user.email }, isOffline: true })
  browser.trouble = null
  await me(account)
  expect(account.getSnapshot()).toMatchObject({ status: 'signed-in', isOffline: false })
})

test('a start without a server is no answer; it comes once the page is online', async () => {
  const { browser, user } = await signedIn()
  const page = browserPage()
  const account = openTab(browser, { page })
  browser.trouble = 'offline'
  await account.start()
  expect(account.getSnapshot()).toEqual({ status: 'unknown', user: null, isOffline: true })
  browser.trouble = null
  page.comeOnline()
  await expect.poll(() => account.getSnapshot()).toMatchObject({ status: 'signed-in', user: { email: user.email } })
})

test('signing out and in is seen by the other tabs', async () => {
  const [browser, user] = [browserFetch(), await app.user()]
  const [one, other] = [openTab(browser, tabs), openTab(browser, tabs)]
  await Promise.all([one.start(), other.start()])
  await one.login(user.email, user.password)
  await expect.poll(() => other.getSnapshot()).toMatchObject({ status: 'signed-in', user: { email: user.email } })
  expect(await me(other)).toMatchObject({ email: user.email })
  await other.logout()
  await expect.poll(() => one.getSnapshot().status).toBe('signed-out')
  expect(await problemOf(me(one))).toMatchObject({ code: 'unauthenticated' })
})

test('a refresh that ends after signing out does not sign in again', async () => {
  let nowMs = Date.now()
  const { account, browser } = await signedIn({ now: () => nowMs })
  nowMs += 20 * minuteMs
  browser.during('GET /users/me', () => account.logout())
  const statuses: string[] = []
  account.subscribe(() => void statuses.push(account.getSnapshot().status))
  await me(account).catch((error: unknown) => error)
  expect(statuses).toEqual(['signed-out'])
  expect(account.getSnapshot()).toEqual({ status: 'signed-out', user: null, isOffline: false })
})

test('a changed password and address keep this browser signed in and no other device', async () => {
  const { account, browser, user } = await signedIn()
  await account.changePassword(user.password, 'another good password')
  expect(await me(account)).toMatchObject({ email: user.email })
  expect(await problemOf(user.client.call(contract.users.me, {}))).toMatchObject({ code: 'unauthenticated' })
  const email = `moved-${user.email}`
  await account.updateEmail(email, 'another good password')
  expect(account.getSnapshot().user).toMatchObject({ email })
  const reloaded = openTab(browser)
  await reloaded.start()
  expect(reloaded.getSnapshot().user).toMatchObject({ email })
})

test('a deleted account is signed out', async () => {
  const { account, user } = await signedIn()
  await account.remove()
  expect(account.getSnapshot().status).toBe('signed-out')
  expect(await problemOf(account.login(user.email, user.password))).toMatchObject({ code: 'invalid_credentials' })
})

function noChannel() {
  return { postMessage() {}, addEventListener() {}, close() {} }
}
