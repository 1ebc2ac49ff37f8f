import { type Page, expect as see } from '@playwright/test'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createProject, testPassword } from '../../server/test/support/app.ts'
import { ask } from '../../server/test/support/turns.ts'
import { openChat } from '../support/chat-window.ts'
import { overflowing } from '../support/overflow.ts'
import { startWebTest, type WebTest } from '../support/web-app.ts'

const desktop = { viewport: { width: 1280, height: 800 } }
const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }

let app: WebTest
beforeAll(async () => {
  app = await startWebTest()
})
afterEach(() => app.upstream.answers(() => undefined))
afterAll(() => app.close())

test('from nothing to streamed answers and back through the conversations, by nothing but keys', async () => {
  app.upstream.answers(({ body }) => ({ text: ['About ', `${body.messages?.at(-1)?.content}`] }))
  const { page, complaints } = await app.browser.open('/app/sign-in', desktop)
  await tabTo(page, 'link', 'Create an account')
  await page.keyboard.press('Enter')
  await see(page.getByLabel('E-mail address')).toBeFocused()
  await page.keyboard.type(`${crypto.randomUUID()}@example.com`)
  await page.keyboard.press('Tab')
  await page.keyboard.type(testPassword)
  await page.keyboard.press('Enter')
  await see(page.getByRole('heading', { name: 'Create your first bot' })).toBeVisible()
  await tabTo(page, 'link', /^Writer/)
  await page.keyboard.press('Enter')
  await see(page.getByLabel('Name')).toHaveValue('Writer')
  await tabTo(page, 'button', 'Create bot')
  await page.keyboard.press('Enter')
  const composer = page.getByRole('textbox', { name: 'Message', exact: true })
  await see(composer).toBeFocused()
  await page.keyboard.type('Cats')
  await page.keyboard.press('Enter')
  await see(page.getByRole('log').getByText('About Cats')).toBeVisible()

  await page.keyboard.press('Control+Shift+O')
  await see(page.getByRole('log')).toHaveCount(0)
  await see(composer).toBeFocused()
  await page.keyboard.type('Dogs')
  await page.keyboard.press('Enter')
  await see(page.getByRole('log').getByText('About Dogs')).toBeVisible()
  await see(page.getByRole('link', { name: 'Dogs' })).toHaveAttribute('aria-current', 'page')
  await page.keyboard.press('Alt+ArrowDown')
  await see(page.getByRole('log').getByText('About Cats')).toBeVisible()
  await page.keyboard.press('Alt+ArrowUp')
  await see(page.getByRole('log').getByText('About Dogs')).toBeVisible()
  await tabTo(page, 'button', 'Write another answer')
  await page.keyboard.press('Enter')
  await see(page.getByRole('group', { name: '2 of 2' })).toBeVisible()
  expect(complaints).toEqual([])
})

test('the same on a phone 360 pixels wide, by touch; nothing is cut off on the way', async () => {
  app.upstream.answers(({ body }) => ({ text: ['About ', `${body.messages?.at(-1)?.content}`] }))
  const { page, complaints } = await app.browser.open('/app/register', phone)
  await page.getByLabel('E-mail address').fill(`${crypto.randomUUID()}@example.com`)
  await page.getByLabel('Password', { exact: true }).fill(testPassword)
  await page.getByRole('button', { name: 'Create account' }).tap()
  await see(page.getByRole('heading', { name: 'Create your first bot' })).toBeVisible()
  expect(await overflowing(page)).toEqual([])
  await page.getByRole('link', { name: /^Tutor/ }).tap()
  await see(page.getByLabel('Name')).toHaveValue('Tutor')
  expect(await overflowing(page)).toEqual([])
  await page.getByRole('button', { name: 'Create bot' }).tap()
  const composer = page.getByRole('textbox', { name: 'Message', exact: true })
  for (const topic of ['Cats', 'Dogs']) {
    await composer.fill(topic)
    await page.getByRole('button', { name: 'Send', exact: true }).tap()
    await see(page.getByRole('log').getByText(`About ${topic}`)).toBeVisible()
    expect(await overflowing(page)).toEqual([])
    await page.getByRole('button', { name: 'Open the sidebar' }).tap()
    await see(page.getByRole('dialog').getByRole('link', { name: topic })).toBeVisible()
    expect(await overflowing(page)).toEqual([])
    await page.getByRole('dialog').getByRole('link', { name: 'New chat' }).tap()
    await see(page.getByRole('dialog')).toHaveCount(0)
    await see(page.getByRole('log')).toHaveCount(0)
  }
  await page.getByRole('button', { name: 'Open the sidebar' }).tap()
  await page.getByRole('dialog').getByRole('link', { name: 'Cats' }).tap()
  await see(page.getByRole('log').getByText('About Cats')).toBeVisible()
  expect(complaints).toEqual([])
})

test.each([
  { device: 'a desktop', size: desktop },
  { device: 'a phone', size: phone },
])('in Arabic a conversation stands right to left on $device, each message in its own direction', async ({ size }) => {
  app.upstream.answers(({ body }) => ({ text: [`${body.messages?.at(-1)?.content}`] }))
  const user = await app.user()
  const project = await createProject(user, { name: 'Orders' })
  const { session_id: sessionId } = await ask(user, project, 'Where is my order?')
  await ask(user, project, 'أين طلبي؟', sessionId)
  const path = `${project.id}/${sessionId}`
  const { page, complaints } = await app.browser.open('/app/sign-in', { ...size, user })
  await page.evaluate(() => localStorage.setItem('language', 'ar'))
  await page.goto(`/app/chat/${path}`)
  await see(page.locator('html[lang="ar"][dir="rtl"]')).toBeAttached()
  await see(page.getByRole('article').getByText('أين طلبي؟').last()).toBeVisible()
  expect(await overflowing(page)).toEqual([])
  const directions = await page
    .getByRole('log')
    .getByText(/Where is my order\?|أين طلبي؟/)
    .evaluateAll((all) => all.map((text) => getComputedStyle(text).direction))
  expect(directions).toEqual(['ltr', 'ltr', 'rtl', 'rtl'])
  expect(await page.getByRole('textbox').evaluate((field) => getComputedStyle(field).direction)).toBe('rtl')
  if (size === phone) await page.getByRole('button').first().tap()
  else await see(page.getByRole('main').getByRole('time').last()).toHaveText('الآن')
  const sidebar = page.getByRole('navigation')
  await see(sidebar.getByRole('link', { name: 'Where is my order?' })).toBeVisible()
  const box = await sidebar.boundingBox()
  expect((box?.x ?? 0) + (box?.width ?? 0)).toBeGreaterThanOrEqual(size.viewport.width - 1)
  expect(await overflowing(page)).toEqual([])
  expect(complaints).toEqual([])
})

test('messages typed ahead wait in view and go out one by one; after a failure they wait for a word', async () => {
  const gate = app.upstream.gate()
  const away = { status: 401, body: '{}' }
  app.upstream.plays([{ text: ['One'], gate }, away, { echo: 'last' }])
  const user = await app.user()
  const project = await createProject(user)
  const { page, say, button, thread, complaints } = await openChat(app.browser, user, project.id, desktop)
  await say('First')
  await see(button('Stop the answer')).toBeVisible()
  for (const text of ['Second', 'Third', 'w'.repeat(300)]) await say(text)
  const waiting = page.getByRole('region', { name: 'Waiting for this answer' }).getByRole('listitem')
  await see(waiting).toHaveText(['Second', 'Third', 'w'.repeat(300)])
  expect(await overflowing(page)).toEqual([])
  await page.getByRole('button', { name: /^Remove “www/ }).click()
  await see(waiting).toHaveText(['Second', 'Third'])
  gate.open()
  const paused = page.getByRole('region', { name: 'Waiting until you go on' })
  await see(paused.getByRole('listitem')).toHaveText(['Third'])
  await button('Send now').click()
  await see(paused).toHaveCount(0)
  await see(thread.getByText('Third')).toHaveCount(2)
  expect(complaints).toEqual([])
})

/** Presses Tab until this control has the focus. */
async function tabTo(page: Page, role: 'link' | 'button', name: string | RegExp): Promise<void> {
  const wanted = page.getByRole(role, { name, exact: true }).last()
  await wanted.waitFor()
  for (let presses = 0; presses < 60; presses++) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not reach ${name}`)
}
