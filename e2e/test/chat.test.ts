import { AxeBuilder } from '@axe-core/playwright'
import { expect as see } from '@playwright/test'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createProject } from '../../server/test/support/app.ts'
import { openChat, pieces, sessionIdOf } from '../support/chat-window.ts'
import { longThread } from '../support/long-thread.ts'
import { startWebTest, type WebTest } from '../support/web-app.ts'

let app: WebTest
beforeAll(async () => {
  app = await startWebTest()
})
afterEach(() => app.upstream.answers(() => undefined))
afterAll(() => app.close())

async function newChat(options: Parameters<typeof openChat>[3] = {}, query = '') {
  const user = await app.user()
  const project = await createProject(user, { description: 'Knows all about returns.' })
  return { user, project, ...(await openChat(app.browser, user, `${project.id}${query}`, options)) }
}

test('an answer appears as it is written, and the new conversation gets its address and title', async () => {
  const gate = app.upstream.gate()
  app.upstream.plays([{ text: ['First part, ', 'second part.'], gate, gateAfter: 1 }])
  const { page, say, button, complaints, thread } = await newChat()
  await see(page.getByText('Knows all about returns.')).toBeVisible()
  await say('Where is my order?')
  await see(thread.getByText('First part,')).toBeVisible()
  await see(button('Stop the answer')).toBeVisible()
  expect(await thread.getByText('second part.').count()).toBe(0)
  gate.open()
  await see(thread.getByText('First part, second part.')).toBeVisible()
  await see(button('Stop the answer')).toBeHidden()
  await sessionIdOf(page)
  await see(page.getByRole('heading', { level: 1, name: 'Where is my order?' })).toBeVisible()
  await see(page.getByRole('status').filter({ hasText: 'Answer: First part, second part.' })).toBeAttached()
  expect(complaints).toEqual([])
})

test('what was stopped keeps its text and says so; it can be continued', async () => {
  app.upstream.plays([{ text: ['Half an ', 'answer'], hang: 1 }, { text: ['answer, whole.'] }])
  const { page, say, button, thread } = await newChat()
  await say('Go')
  await see(thread.getByText('Half an')).toBeVisible()
  await page.keyboard.press('Escape')
  await see(thread.getByText('Stopped by you')).toBeVisible()
  await button('Continue').click()
  await see(thread.getByText('Half an answer, whole.')).toBeVisible()
})

test('a message typed while an answer runs waits in view, can be taken back, and is sent after it', async () => {
  const gate = app.upstream.gate()
  app.upstream.plays([{ text: ['One'], gate }, { echo: 'last' }])
  const { page, say, composer, button, thread } = await newChat()
  await say('First')
  await see(button('Stop the answer')).toBeVisible()
  await say('Second')
  await say('Third')
  const queue = page.getByRole('region', { name: 'Waiting for this answer' })
  await see(queue.getByRole('listitem')).toHaveText(['Second', 'Third'])
  await button('Take back and edit “Third”').click()
  await see(composer).toHaveValue('Third')
  gate.open()
  await see(queue).toBeHidden()
  await see(thread.getByText('Second')).toHaveCount(2)
})

test('a provider that is away is a sentence, and the question can be tried again', async () => {
  const away = { status: 503, body: '{}' }
  // The server itself tries three times.
  app.upstream.plays([away, away, away, { text: ['Back again.'] }])
  const { say, button, thread } = await newChat()
  await say('Hello?')
  await see(thread.getByText('The provider cannot be reached at the moment.')).toBeVisible()
  await button('Try again').click()
  await see(thread.getByText('Back again.')).toBeVisible()
  await see(thread.getByText('Hello?')).toHaveCount(1)
})

test('while the provider is busy the page says until when, and the answer comes by itself', async () => {
  app.upstream.plays([{ status: 429, headers: { 'retry-after': '2' }, body: '{}' }, { text: ['My turn.'] }])
  const { say, thread } = await newChat()
  await say('Hello?')
  await see(thread.getByText(/^OpenAI-compatible server is busy until \d+:\d+.* · waiting$/)).toBeVisible()
  await see(thread.getByText('My turn.')).toBeVisible()
})

test('a fault of the settings leads to them', async () => {
  app.upstream.plays([{ status: 401, body: '{}' }, { text: ['Here I am.'] }])
  const { page, say, button, project, complaints, thread } = await newChat()
  await say('Are you there?')
  await see(thread.getByText('does not accept the server’s key')).toBeVisible()
  const settings = page.getByRole('link', { name: 'Open the bot’s settings' })
  await see(settings).toHaveAttribute('href', `/app/bots/${project.id}`)
  await button('Try again').click()
  await see(thread.getByText('Here I am.')).toBeVisible()
  await see(thread.getByText('does not accept')).toBeHidden()
  expect(complaints).toEqual([])
})

test('a link may fill in the message but never sends it; a draft outlives a reload', async () => {
  const { page, composer, button } = await newChat({}, '?text=Order%204711%3F')
  await see(composer).toHaveValue('Order 4711?')
  await see(page).toHaveURL(/\/app\/chat\/[0-9a-f-]{36}$/)
  await composer.press('End')
  await composer.pressSequentially(' Please.')
  await page.reload()
  await see(composer).toHaveValue('Order 4711? Please.')
  expect(app.upstream.requests.some(({ body }) => JSON.stringify(body).includes('4711'))).toBe(false)
  await see(button('Send')).toBeEnabled()
})

test('the thread follows the end until the reader scrolls up; older messages come by themselves', async () => {
  const user = await app.user()
  const project = await createProject(user)
  const { sessionId } = await longThread(app.database, user, project, 120)
  const { page, thread, say, button, distanceToEnd } = await openChat(app.browser, user, `${project.id}/${sessionId}`)
  await see.poll(distanceToEnd).toBeLessThan(2)
  const gate = app.upstream.gate()
  app.upstream.plays([{ text: pieces(400), gate, gateAfter: 200, delayMs: 1 }])
  await say('More')
  await see(thread.getByText('word200')).toBeVisible()
  await see.poll(distanceToEnd).toBeLessThan(2)
  await thread.hover()
  await page.mouse.wheel(0, -900)
  await see(button('Jump to the latest message')).toBeVisible()
  const top = await thread.evaluate(({ scrollTop }) => scrollTop)
  gate.open()
  await see(button('Stop the answer')).toBeHidden()
  expect(Math.abs((await thread.evaluate(({ scrollTop }) => scrollTop)) - top)).toBeLessThan(2)
  await button('Jump to the latest message').click()
  await see(thread.getByText('word400')).toBeVisible()
  await thread.hover()
  await see(async () => {
    await page.mouse.wheel(0, -5000)
    await see(thread.getByText('Question 1', { exact: true })).toBeVisible({ timeout: 200 })
  }).toPass()
  expect(await thread.getByRole('listitem').count()).toBeLessThan(30)
})

test('an answer can be rated with a reason, and says how it came about', async () => {
  app.upstream.plays([{ text: ['Not helpful.'] }])
  const { page, say, button, thread } = await newChat()
  await say('Help')
  await button('Bad answer').click()
  await page.getByRole('dialog').getByLabel('Reason').fill('It does not answer my question.')
  await button('Send the reason').click()
  await see(button('Bad answer')).toHaveAttribute('aria-pressed', 'true')
  await page.getByRole('button', { name: 'How this answer came about' }).click()
  await see(page.getByRole('definition').filter({ hasText: 'test-model' })).toBeVisible()
  await see(thread.getByText('It is the first choice of this bot.')).toBeVisible()
  await page.reload()
  await see(button('Bad answer')).toHaveAttribute('aria-pressed', 'true')
})

test('on a phone nothing overflows, Enter makes a line, and the button sends', async () => {
  const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }
  app.upstream.plays([{ text: [`${'unbreakable'.repeat(30)} and more`] }])
  const { page, composer, button, thread } = await newChat(phone)
  await composer.fill('First line')
  await composer.press('Enter')
  await composer.pressSequentially('second line')
  await see(composer).toHaveValue('First line\nsecond line')
  await button('Send').tap()
  await see(thread.getByText('and more')).toBeVisible()
  const box = await button('Write another answer').boundingBox()
  expect(box?.height).toBeGreaterThanOrEqual(44)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
})

test.each(['light', 'dark'] as const)('no barrier is found by axe in the %s theme', async (colorScheme) => {
  app.upstream.plays([{ text: ['An answer.'] }, { status: 401, body: '{}' }])
  const { page, say, button, thread } = await newChat({ colorScheme, bypassCSP: true })
  const empty = await new AxeBuilder({ page }).include('main').analyze()
  expect(empty.violations).toEqual([])
  await say('First')
  await see(thread.getByText('An answer.').last()).toBeVisible()
  await say('Second')
  await see(button('Try again')).toBeVisible()
  await page.getByRole('button', { name: 'How this answer came about' }).first().click()
  const { violations } = await new AxeBuilder({ page }).include('main').analyze()
  expect(violations).toEqual([])
})
