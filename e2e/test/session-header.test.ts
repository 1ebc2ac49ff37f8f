import { expect as see } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { choose, chooseInHeader, listOf, row, seed, sessionOf } from '../support/session-list.ts'
import { startWebTest, type WebTest } from '../support/web-app.ts'

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }

let app: WebTest
beforeAll(async () => {
  app = await startWebTest()
})
afterAll(() => app.close())

test('the header of a conversation offers what the list does, and a new title is seen in both at once', async () => {
  const { user, project, ids } = await seed(app, [{ title: 'First' }, { title: 'Second', daysAgo: 2 }])
  const { page, complaints } = await app.browser.open(`/app/chat/${project.id}/${ids[1]}`, { user })
  const heading = page.getByRole('main').getByRole('heading', { level: 1 })
  await see(heading).toHaveText('Second')
  // Nothing is answered: what is shown is what was typed.
  const gate = Promise.withResolvers<void>()
  await page.route('**/sessions/*', async (route) => {
    await gate.promise
    await route.continue()
  })
  await chooseInHeader(page, 'Rename')
  await page.getByRole('textbox', { name: 'Title of this conversation' }).fill('From the header')
  await page.keyboard.press('Enter')
  await see(heading).toHaveText('From the header')
  await see(row(page, 'From the header')).toBeVisible()
  gate.resolve()
  await see.poll(async () => (await sessionOf(user, ids[1])).title).toBe('From the header')
  await choose(page, 'From the header', 'Rename')
  await page.getByRole('textbox', { name: 'Title of the conversation' }).fill('From the list')
  await page.keyboard.press('Enter')
  await see(heading).toHaveText('From the list')
  await see(page).toHaveTitle(/^From the list/)

  await chooseInHeader(page, 'Pin')
  await see(listOf(page).getByRole('link')).toHaveText(['From the list', 'First'])
  const download = page.waitForEvent('download')
  await chooseInHeader(page, 'Export as Markdown')
  expect((await download).suggestedFilename()).toBe('From the list.md')
  await chooseInHeader(page, 'Delete')
  await see(page).toHaveURL(`/app/chat/${project.id}`)
  await page.getByRole('button', { name: 'Undo' }).click()
  await see(heading).toHaveText('From the list')
  expect(complaints).toEqual([])
})

test.each([
  { device: 'a desktop', size: { viewport: { width: 1280, height: 800 } } },
  { device: 'a phone', size: phone },
])('on $device a toast stands over nothing that one types in', async ({ size }) => {
  const { user, project, ids } = await seed(app, [{ title: 'wide'.repeat(40) }])
  const { page } = await app.browser.open(`/app/chat/${project.id}/${ids[0]}`, { user, ...size })
  await page.getByRole('textbox', { name: 'Message', exact: true }).fill('A draft\n'.repeat(12))
  await chooseInHeader(page, 'Delete')
  const composer = page.getByRole('textbox', { name: 'Message', exact: true })
  await composer.fill('Another\n'.repeat(12))
  const [toast, field] = await Promise.all([
    page.getByRole('region', { name: 'Notifications' }).locator('div').first().boundingBox(),
    composer.boundingBox(),
  ])
  if (!toast || !field) throw new Error('not shown')
  const isApart = toast.y + toast.height <= field.y || toast.x + toast.width <= field.x
  expect({ isApart, isInside: toast.x >= 0 && toast.x + toast.width <= size.viewport.width }).toEqual({
    isApart: true,
    isInside: true,
  })
  await composer.click()
  await see(composer).toBeFocused()
})
