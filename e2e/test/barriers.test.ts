import { contract } from '@chatbot-platform/contract'
import { type Page, expect as see } from '@playwright/test'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createProject } from '../../server/test/support/app.ts'
import { ask } from '../../server/test/support/turns.ts'
import { violationsOf } from '../support/axe.ts'
import type { WindowOptions } from '../support/browser.ts'
import { startWebTest, type WebTest } from '../support/web-app.ts'

const desktop = { viewport: { width: 1280, height: 800 } }
const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }

let app: WebTest
beforeAll(async () => {
  app = await startWebTest()
})
afterEach(() => app.upstream.answers(() => undefined))
afterAll(() => app.close())

describe.each(['light', 'dark'] as const)('axe finds nothing in the %s theme', (colorScheme) => {
  const look = { colorScheme, bypassCSP: true, ...desktop }

  test('on the page of a server that cannot be reached', async () => {
    const { page, context } = await app.browser.open('/app/account', { ...look, user: await app.user() })
    await context.route('**/auth/refresh', (route) => route.abort('connectionrefused'))
    await page.reload()
    await see(page.getByRole('heading', { name: 'The server cannot be reached' })).toBeVisible()
    expect(await violationsOf(page)).toEqual([])
  })

  test('on a page that could not be loaded, with its detail', async () => {
    const { page, context } = await app.browser.open('/app/account', { ...look, user: await app.user() })
    await context.route('**/assets/usage-page*', (route) => route.abort())
    await page.getByRole('link', { name: 'Usage' }).click()
    await see(page.getByRole('heading', { name: 'This page stopped working' })).toBeVisible()
    await page.getByText('Technical detail').click()
    expect(await violationsOf(page)).toEqual([])
  })

  test('in the palette, among few and no commands, and in the sheet of shortcuts', async () => {
    const { page } = await openChat(look)
    await page.keyboard.press('Control+k')
    await see(page.getByRole('option').first()).toBeVisible()
    expect(await violationsOf(page)).toEqual([])
    await page.keyboard.type('zzzz')
    await see(page.getByText('Nothing matches.')).toBeVisible()
    expect(await violationsOf(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'More', exact: true }).press('?')
    await see(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
    expect(await violationsOf(page)).toEqual([])
  })

  test('in a conversation, with its menu, its inspector, the choice of bots and a toast', async () => {
    const { page } = await openChat(look)
    expect(await violationsOf(page)).toEqual([])
    await page.getByRole('button', { name: 'Show what the bot is told' }).click()
    await page.getByRole('button', { name: 'Support desk' }).click()
    await see(page.getByRole('link', { name: 'All bots' })).toBeVisible()
    expect(await violationsOf(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'More', exact: true }).click()
    expect(await violationsOf(page)).toEqual([])
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await see(page.getByRole('button', { name: 'Undo' })).toBeVisible()
    expect(await violationsOf(page)).toEqual([])
  })

  test('in dialogs that ask: about a bot, unsaved changes, a bad answer, signing out', async () => {
    const { page, project } = await openChat(look)
    await page.getByRole('button', { name: 'Bad answer' }).click()
    await check(page, 'What was wrong with this answer?')
    await page.goto(`/app/bots/${project.id}`)
    await page.getByRole('button', { name: 'Delete this bot …' }).click()
    await check(page, 'Delete this bot')
    await page.getByLabel('Name', { exact: true }).fill('Another name')
    await page.getByRole('link', { name: 'Usage' }).click()
    await check(page, 'Leave without saving?')
    await page.getByRole('link', { name: 'Account and settings' }).click()
    await page.getByRole('button', { name: 'Leave without saving' }).click()
    await page.getByRole('button', { name: 'Sign out everywhere' }).click()
    await check(page, 'Sign out on every device?')
  })

  test('on a phone: the drawer with its list and a menu, and the inspector', async () => {
    const { page } = await openChat({ ...look, ...phone })
    await page.getByRole('button', { name: 'Open the sidebar' }).tap()
    const drawer = page.getByRole('dialog', { name: 'Sidebar' })
    await see(drawer.getByRole('link', { name: 'Where is my order?' })).toBeVisible()
    expect(await violationsOf(page)).toEqual([])
    await drawer.getByRole('button', { name: /^Actions for/ }).tap()
    expect(await violationsOf(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Show what the bot is told' }).tap()
    await page.getByRole('dialog').getByText('Version 1').tap()
    await see(page.getByRole('dialog').getByText('You answer questions about orders.')).toBeVisible()
    expect(await violationsOf(page)).toEqual([])
  })
})

/** A conversation of one turn with a bot that has a prompt. */
async function openChat(options: WindowOptions) {
  const user = await app.user()
  const project = await createProject(user, { name: 'Support desk' })
  const body = { content: 'You answer questions about orders.' }
  await user.client.call(contract.prompts.create, { params: { project_id: project.id }, body })
  const { session_id: sessionId } = await ask(user, project, 'Where is my order?')
  const window = await app.browser.open(`/app/chat/${project.id}/${sessionId}`, { ...options, user })
  await see(window.page.getByRole('button', { name: 'Bad answer' })).toBeVisible()
  return { ...window, project }
}

/** Looks at a dialog that has opened, and leaves it. */
async function check(page: Page, name: string | RegExp): Promise<void> {
  await see(page.getByRole('dialog', { name })).toBeVisible()
  expect(await violationsOf(page)).toEqual([])
  await page.keyboard.press('Escape')
  await see(page.getByRole('dialog')).toHaveCount(0)
}
