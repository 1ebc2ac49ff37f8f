import { contract } from '@chatbot-platform/contract'
import { type Page, expect as see } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testPassword } from '../../server/test/support/app.ts'
import { violationsOf } from '../support/axe.ts'
import { startWebTest, type WebTest } from '../support/web-app.ts'

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }

let app: WebTest

beforeAll(async () => {
  app = await startWebTest()
})

afterAll(() => app.close())

test('who registers is signed in, stays so over a reload, and is signed out in every tab at once', async () => {
  const { page, context, complaints } = await app.browser.open('/app/register')
  await fill(page, `${crypto.randomUUID()}@example.com`, 'eight ch')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/app')
  await page.goto('/app/usage')
  await page.reload()
  await see(page.getByRole('heading', { name: 'Usage', level: 1 })).toBeVisible()
  const second = await context.newPage()
  await second.goto('/app/account')
  await second.getByRole('button', { name: 'Sign out', exact: true }).click()
  await second.waitForURL('**/app/sign-in')
  await page.waitForURL('**/app/sign-in?next=%2Fapp%2Fusage')
  expect(complaints).toEqual([])
})

test('what is wrong with a form is said in a sentence at its field', async () => {
  const { email } = await app.user()
  const { page } = await app.browser.open('/app/sign-in')
  await fill(page, email, 'wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await see(page.getByLabel('Password', { exact: true })).toHaveAccessibleDescription(
    'The e-mail address or the password is wrong.',
  )
  await page.getByRole('link', { name: 'Create an account' }).click()
  await see(page.getByLabel('Password', { exact: true })).toHaveAccessibleDescription('Use 8 to 1,024 characters.')
  await fill(page, 'nobody', 'short')
  await page.keyboard.press('Enter')
  await see(page.getByLabel('E-mail address')).toHaveAccessibleDescription(/^Enter an e-mail address/)
  await see(page.getByRole('alert')).toHaveCount(2)
  await fill(page, email, testPassword)
  await page.keyboard.press('Enter')
  await see(page.getByRole('alert')).toHaveText(/There is an account with this e-mail address already/)
})

test('a page asked for before signing in is reached after it, through both forms; a foreign address is not', async () => {
  const { email, password } = await app.user()
  const { page } = await app.browser.open('/app/usage?days=7')
  await page.waitForURL('**/app/sign-in?next=%2Fapp%2Fusage%3Fdays%3D7')
  await page.getByRole('link', { name: 'Create an account' }).click()
  await page.getByRole('link', { name: 'Sign in' }).click()
  // Until its script has come the other form is there, whose fields have the same names.
  await see(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await fill(page, email, password)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/app/usage?days=7')
  await page.goto('/app/sign-in?next=//elsewhere.example/app')
  await page.waitForURL(`${app.url}/app`)
})

test('a server that is away is not taken for being signed out, and the page goes on by itself', async () => {
  const { page, context } = await app.browser.open('/app/account', { user: await app.user() })
  await see(page.getByRole('heading', { level: 1 })).toHaveText('Account and settings')
  await context.route('**/auth/refresh', (route) => route.abort('connectionrefused'))
  await page.reload()
  await see(page.getByRole('heading', { level: 1 })).toHaveText('The server cannot be reached')
  await context.unroute('**/auth/refresh')
  await see(page.getByRole('heading', { level: 1 })).toHaveText('Account and settings')
  expect(new URL(page.url()).pathname).toBe('/app/account')
})

test('the language changes at once, with its direction, and stays', async () => {
  const { page } = await app.browser.open('/app/sign-in')
  await page.getByRole('combobox', { name: 'Language' }).selectOption('ar')
  await see(page.locator('html[lang="ar"][dir="rtl"]')).toBeAttached()
  await page.reload()
  await see(page.locator('html[lang="ar"][dir="rtl"]')).toBeAttached()
  await page.getByRole('combobox').selectOption({ label: 'English' })
  await see(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  expect(await page.evaluate(() => document.documentElement.dir)).toBe('ltr')
})

test('address and password are changed with the current password, which is asked for', async () => {
  const user = await app.user()
  const { page } = await app.browser.open('/app/account', { user })
  const address = page.getByRole('region', { name: 'E-mail address' })
  const email = `${crypto.randomUUID()}@example.com`
  await address.getByLabel('New e-mail address').fill(email)
  await address.getByLabel('Current password').fill('not this')
  await address.getByRole('button', { name: 'Change address' }).click()
  await see(address.getByRole('alert')).toHaveText('This is not your current password.')
  await address.getByLabel('Current password').fill(user.password)
  await page.keyboard.press('Enter')
  await see(address.getByText(email)).toBeVisible()
  const secret = page.getByRole('region', { name: 'Password' })
  await secret.getByLabel('Current password').fill(user.password)
  await secret.getByLabel('New password').fill('another one')
  await secret.getByRole('button', { name: 'Change password' }).click()
  await see(page.getByText('Your password is changed.')).toBeVisible()
  const form = { username: email, password: 'another one' }
  expect(await app.anonymous.call(contract.auth.login, { body: form })).toMatchObject({ token_type: 'bearer' })
})

test('signing out leaves no drafts on the device; deleting asks for the address and then removes the account', async () => {
  const user = await app.user()
  const { page } = await app.browser.open('/app/account', { user, colorScheme: 'light' })
  await page.getByText('Dark', { exact: true }).click()
  await page.evaluate(() => localStorage.setItem('draft:somewhere', 'private'))
  await page.getByRole('button', { name: 'Sign out everywhere' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click()
  await page.waitForURL('**/app/sign-in')
  await see.poll(() => page.evaluate(() => Object.keys(localStorage))).toEqual(['theme'])
  await fill(page, user.email, user.password)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/app')
  await page.goto('/app/account')
  await page.getByRole('button', { name: 'Delete account' }).click()
  await see(page.getByRole('dialog').getByRole('button', { name: 'Delete account' })).toBeDisabled()
  await page.keyboard.type(user.email)
  await page.keyboard.press('Enter')
  await see(page.getByText('Your account is deleted.')).toBeVisible()
  const form = { username: user.email, password: user.password }
  await expect(app.anonymous.call(contract.auth.login, { body: form })).rejects.toThrow(/invalid_credentials/)
})

const themes = ['light', 'dark'] as const

test.each(themes)('nothing stands in the way of anybody who signs in, in the %s theme', async (colorScheme) => {
  const { page } = await app.browser.open('/app/sign-in', { colorScheme, bypassCSP: true })
  await see(page.getByRole('heading', { level: 1 })).toBeVisible()
  expect(await violationsOf(page)).toEqual([])
  await page.goto('/app/register')
  await page.getByRole('button', { name: 'Create account' }).click()
  await see(page.getByRole('alert')).toHaveCount(2)
  expect(await violationsOf(page)).toEqual([])
})

test.each(themes)('nothing stands in the way of anybody with an account, in the %s theme', async (colorScheme) => {
  const { page } = await app.browser.open('/app/account', { colorScheme, bypassCSP: true, user: await app.user() })
  await page.getByRole('button', { name: 'Delete account' }).click()
  expect(await violationsOf(page)).toEqual([])
  await page.keyboard.press('Escape')
  expect(await violationsOf(page)).toEqual([])
  await page.keyboard.press('Control+k')
  expect(await violationsOf(page)).toEqual([])
  await page.goto('/app/there/is/nothing')
  await see(page.getByRole('heading', { name: 'Page not found' })).toBeVisible()
  expect(await violationsOf(page)).toEqual([])
})

test('on a phone every page fits its width, and a password can be looked at', async () => {
  const { page } = await app.browser.open('/app/register', phone)
  await fill(page, `${'long'.repeat(15)}@${'example.'.repeat(20)}com`, testPassword)
  expect(await overflow(page)).toBe(0)
  await page.getByRole('button', { name: 'Show the password' }).tap()
  await see(page.getByLabel('Password', { exact: true })).toHaveAttribute('type', 'text')
  await page.getByRole('button', { name: 'Create account' }).tap()
  await page.waitForURL('**/app')
  for (const path of ['/app/account', '/app/there/is/nothing']) {
    await page.goto(path)
    await see(page.getByRole('heading', { level: 1 })).toBeVisible()
    expect([path, await overflow(page)]).toEqual([path, 0])
  }
})

async function fill(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
}

/** By how many pixels the page is wider than its window. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(() => {
    const widths = [...document.querySelectorAll('html, body, main, main *')].map(
      (element) => element.getBoundingClientRect().right - innerWidth,
    )
    return Math.max(0, document.documentElement.scrollWidth - innerWidth, ...widths)
  })
}
