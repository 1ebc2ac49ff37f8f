import { expect as see } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject } from '../../server/test/support/app.ts'
import { startWebTest, type WebTest } from '../support/web-app.ts'

const desktop = { viewport: { width: 1280, height: 800 } }
const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }

let app: WebTest

beforeAll(async () => {
  app = await startWebTest()
})

afterAll(() => app.close())

test('signing in takes nothing but keys', async () => {
  const { email, password } = await app.user()
  const { page } = await app.browser.open('/app/sign-in', desktop)
  await see(page.getByLabel('E-mail address')).toBeFocused()
  await page.keyboard.type(email)
  await page.keyboard.press('Tab')
  await page.keyboard.type(password)
  await page.keyboard.press('Tab')
  await see(page.getByRole('button', { name: 'Show the password' })).toBeFocused()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await see(page.getByRole('navigation', { name: 'Main' })).toBeVisible()
  await page.keyboard.press('Tab')
  await see(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused()
  await page.keyboard.press('Enter')
  await see(page.locator('main')).toBeFocused()
})

test('the palette finds a command by a few letters, runs it, and offers it first the next time', async () => {
  const { page, complaints } = await app.browser.open('/app/account', { ...desktop, user: await app.user() })
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.keyboard.press('Control+k')
  const field = page.getByRole('combobox', { name: 'Type a command or the name of a bot' })
  await see(field).toBeFocused()
  await page.keyboard.type('usg')
  await see(page.getByRole('listbox').getByRole('option')).toHaveText(['Usage'])
  await page.keyboard.press('Enter')
  await page.waitForURL('**/app/usage')
  await see(page.locator('main')).toBeFocused()
  await see(page.getByText('Usage · Chatbot Platform')).toBeAttached()
  await page.keyboard.press('Control+k')
  await see(page.getByRole('listbox').getByRole('option', { selected: true })).toHaveText('Usage')
  await page.keyboard.press('End')
  await see(page.getByRole('listbox').getByRole('option', { selected: true })).toHaveText(/Keyboard shortcuts/)
  await page.keyboard.press('ArrowDown')
  await see(page.getByRole('listbox').getByRole('option', { selected: true })).toHaveText('Usage')
  await page.keyboard.type('zzzz')
  await see(page.getByText('Nothing matches.')).toBeVisible()
  await page.keyboard.press('Escape')
  await see(field).toHaveCount(0)
  await see(page.locator('main')).toBeFocused()
  expect(complaints).toEqual([])
})

test('the palette knows the bots, whatever the accents', async () => {
  const user = await app.user()
  const project = await createProject(user, { name: 'Café Zoë' })
  const { page } = await app.browser.open('/app/account', { ...desktop, user })
  await see(page.getByRole('button', { name: 'Café Zoë' })).toBeVisible()
  await page.keyboard.press('Control+k')
  await see(page.getByRole('combobox', { name: 'Type a command or the name of a bot' })).toBeFocused()
  await page.keyboard.type('zoe caf')
  await page.getByRole('option', { name: 'Café Zoë' }).click()
  await page.waitForURL(`**/app/chat/${project.id}`)
})

test('the sheet of shortcuts lists what has keys, and a question mark in a text field stays one', async () => {
  const { page } = await app.browser.open('/app/account', { ...desktop, user: await app.user() })
  await page.getByLabel('New e-mail address').press('?')
  await see(page.getByLabel('New e-mail address')).toHaveValue('?')
  await see(page.getByRole('dialog')).toHaveCount(0)
  await page.getByRole('button', { name: 'Change address' }).press('?')
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
  await see(sheet.getByRole('term')).toContainText(['Open the command palette', 'Search', 'Keyboard shortcuts'])
  await page.keyboard.press('Control+k')
  await see(page.getByRole('dialog')).toHaveCount(1)
  await page.keyboard.press('Escape')
  await see(page.getByRole('dialog')).toHaveCount(0)
  await see(page.getByRole('button', { name: 'Change address' })).toBeFocused()
})

test('a menu is opened, walked through and left by keys, and gives the focus back', async () => {
  const user = await app.user()
  await createProject(user, { name: 'Support' })
  const { page } = await app.browser.open('/app/bots', { ...desktop, user })
  const trigger = page.getByRole('main').locator('[aria-haspopup="menu"]')
  await trigger.press('ArrowUp')
  const items = page.getByRole('menuitem')
  await see(items.last()).toBeFocused()
  await page.keyboard.press('ArrowDown')
  await see(items.first()).toBeFocused()
  await page.keyboard.press('Escape')
  await see(items).toHaveCount(0)
  await see(trigger).toBeFocused()
  await page.keyboard.press('Enter')
  await see(items.first()).toBeFocused()
  await page.mouse.click(1200, 700)
  await see(items).toHaveCount(0)
})

test('on a phone the sidebar is a drawer that closes when something was chosen, and by Escape', async () => {
  const { page } = await app.browser.open('/app/account', { ...phone, user: await app.user() })
  const open = page.getByRole('button', { name: 'Open the sidebar' })
  await open.press('Enter')
  await see(page.getByRole('dialog', { name: 'Sidebar' })).toBeVisible()
  await page.keyboard.press('Escape')
  await see(page.getByRole('dialog')).toHaveCount(0)
  await see(open).toBeFocused()
  await open.tap()
  await page.getByRole('dialog').getByRole('link', { name: 'Usage' }).tap()
  await see(page.getByRole('heading', { name: 'Usage', level: 1 })).toBeVisible()
  await see(page.getByRole('dialog')).toHaveCount(0)
  await page.goBack()
  await see(page.getByRole('heading', { name: 'Account and settings' })).toBeVisible()
  await see(page.getByRole('dialog')).toHaveCount(0)
})
