import { contract } from '@chatbot-platform/contract'
import { type Page, expect as see } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serve } from '../../server/test/outbound/loopback.ts'
import { loopbackOpen, page as pageOf } from '../../server/test/sources/web-sources.ts'
import { createProject } from '../../server/test/support/app.ts'
import { violationsOf } from '../support/axe.ts'
import { startWebTest, type WebTest } from '../support/web-app.ts'

let app: WebTest
beforeAll(async () => {
  app = await startWebTest({ env: loopbackOpen, given: { webPauseMs: 0 } })
})
afterAll(() => app.close())

test('a page of the web becomes a document that answers cite, with a link to the page', async () => {
  const url = `${await site()}/hours`
  const { page, project, complaints } = await openWebPages()
  await add(page, url)
  const row = sourceRow(page, url)
  await see(row).toContainText('1 page was read', { timeout: 30_000 })
  expect(await violationsOf(page)).toEqual([])
  await page.getByText('Documents', { exact: true }).click()
  await see(page.getByRole('list', { name: 'Documents' })).toContainText('Ready: 1 passage', { timeout: 30_000 })
  app.upstream.plays([{ text: ['From nine to five [1].'] }])
  await page.getByRole('main').getByRole('link', { name: 'Chat' }).click()
  await page.getByRole('textbox', { name: 'Message', exact: true }).fill('When do you open on weekdays?')
  await page.keyboard.press('Enter')
  const link = page.getByRole('region', { name: 'Sources' }).getByRole('link', { name: `Open the web page ${url}` })
  await see(link).toHaveAttribute('rel', 'noopener noreferrer nofollow')
  await see(link).toHaveAttribute('href', url)
  await page.locator('.citation-chip').click()
  await see(page.getByRole('dialog').locator('[aria-current="true"]')).toContainText('We open at nine on weekdays.')
  await see(page).toHaveURL(new RegExp(`/app/chat/${project.id}/`))
  expect(complaints).toEqual([])
}, 90_000)

test('addresses that are known or may not be read are refused with the reason', async () => {
  const url = `${await site()}/hours`
  const { page } = await openWebPages()
  await add(page, url)
  await see(sourceRow(page, url)).toBeVisible()
  await add(page, url)
  await see(page.getByRole('alert')).toHaveText('The bot reads this address already.')
  await add(page, 'http://10.0.0.1/')
  await see(page.getByRole('alert')).toContainText(/private|own network/)
  await add(page, 'file:///etc/passwd')
  await see(page.getByRole('alert')).toContainText('http')
  await see(page.getByRole('list', { name: 'Web pages' }).getByRole('listitem')).toHaveCount(1)
})

test('the interval is changed, a reading is asked for, and a source goes with its documents', async () => {
  const url = `${await site()}/hours`
  const { page, user, project } = await openWebPages()
  const params = { project_id: project.id }
  await add(page, url)
  const row = sourceRow(page, url)
  await see(row).toContainText('1 page was read', { timeout: 30_000 })
  await row.getByRole('combobox', { name: 'Read again' }).selectOption({ label: 'Every day' })
  await see(row).toContainText('Next reading')
  const again = page.waitForResponse((response) => response.url().endsWith('/crawl'))
  await row.getByRole('button', { name: `Read now: ${url}` }).click()
  expect((await again).status()).toBe(202)
  const read = async () => (await user.client.call(contract.sources.list, { params, query: {} }))[0]
  await see.poll(async () => (await read())?.pages.unchanged, { timeout: 30_000 }).toBe(1)
  await see(row).toContainText('1 page was read')
  expect(await read()).toMatchObject({ url, refresh_hours: 24 })
  await row.getByRole('button', { name: `Delete ${url}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete web source' }).click()
  await see(page.getByText('No web pages yet.')).toBeVisible()
  expect(await user.client.call(contract.files.list, { params, query: {} })).toEqual([])
}, 90_000)

/** A site of one page; its origin. */
function site(): Promise<string> {
  return serve((request, response) => {
    const isThere = request.url === '/hours'
    response.writeHead(isThere ? 200 : 404, { 'content-type': 'text/html' })
    response.end(isThere ? pageOf('We open at nine on weekdays.') : '')
  })
}

/** The web pages of a new bot. */
async function openWebPages() {
  const user = await app.user()
  const project = await createProject(user)
  const path = `/app/bots/${project.id}/knowledge?view=web`
  const window = await app.browser.open(path, { user, viewport: { width: 1280, height: 800 }, bypassCSP: true })
  await see(window.page.getByText('No web pages yet.')).toBeVisible()
  return { ...window, user, project }
}

async function add(page: Page, url: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Address' }).fill(url)
  await page.getByRole('button', { name: 'Add', exact: true }).click()
}

function sourceRow(page: Page, url: string) {
  return page.getByRole('list', { name: 'Web pages' }).getByRole('listitem').filter({ hasText: url })
}
