import { readFile } from 'node:fs/promises'
import { AxeBuilder } from '@axe-core/playwright'
import { contract, type Project } from '@chatbot-platform/contract'
import { expect as see } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withSession } from '../../server/src/platform/database/session.ts'
import type { TestUser } from '../../server/test/support/app.ts'
import { ask } from '../../server/test/support/turns.ts'
import { scopeOf } from '../../server/test/usage/usage-events.ts'
import { choose, daysAgo, listOf, row, seed, sessionOf } from '../support/session-list.ts'
import { startWebTest, type WebTest } from '../support/web-app.ts'

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }
const payload = '<img src=x onerror="window.__fired = true">'

let app: WebTest

beforeAll(async () => {
  app = await startWebTest()
}, 60_000)
afterAll(() => app.close())

test('conversations stand under their day, the pinned ones first, and the open one is marked', async () => {
  const { user, project, ids } = await seed(app, [
    { title: 'Of September', daysAgo: 70 },
    { title: 'Of last week', daysAgo: 4 },
    { title: payload, daysAgo: 1 },
    { title: 'w'.repeat(200), daysAgo: 0 },
    { title: 'Old but pinned', daysAgo: 300, pinned: true },
    { title: 'Of two weeks ago', daysAgo: 14 },
  ])
  const { page, complaints } = await app.browser.open(`/app/chat/${project.id}/${ids[1]}`, { user })
  await see(listOf(page).getByRole('link')).toHaveText([
    'Old but pinned',
    'w'.repeat(200),
    payload,
    'Of last week',
    'Of two weeks ago',
    'Of September',
  ])
  const month = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric' }).format(daysAgo(70))
  const headings = ['Pinned', 'Today', 'Yesterday', 'Previous 7 days', 'Previous 30 days', month]
  await see(listOf(page).getByRole('heading')).toHaveText(headings)
  await see(listOf(page).getByRole('link', { name: 'Of last week' })).toHaveAttribute('aria-current', 'page')
  expect(await listOf(page).evaluate((list) => list.scrollWidth - list.clientWidth)).toBe(0)
  expect(await page.evaluate(() => '__fired' in window)).toBe(false)
  expect(complaints).toEqual([])
})

test('a title is changed in its row; Escape leaves it, and a refusal brings the old one back', async () => {
  const { user, project, ids } = await seed(app, [{ title: 'Opening hours' }])
  const { page } = await app.browser.open(`/app/chat/${project.id}`, { user })
  await choose(page, 'Opening hours', 'Rename')
  const field = page.getByRole('textbox', { name: 'Title of the conversation' })
  await see(field).toBeFocused()
  await field.fill('Hours on Sundays')
  await field.press('Enter')
  await see(row(page, 'Hours on Sundays').getByRole('link')).toBeFocused()
  await see.poll(async () => (await sessionOf(user, ids[0])).title).toBe('Hours on Sundays')

  await choose(page, 'Hours on Sundays', 'Rename')
  await field.fill('Never kept')
  await field.press('Escape')
  await see(row(page, 'Hours on Sundays')).toBeVisible()

  await page.route('**/sessions/*', (route) => route.abort())
  await choose(page, 'Hours on Sundays', 'Rename')
  await field.fill('Refused')
  await field.press('Enter')
  await see(page.getByText('“Hours on Sundays” could not be changed. The server cannot be reached.')).toBeVisible()
  await see(row(page, 'Hours on Sundays')).toBeVisible()
  await see(row(page, 'Refused')).toHaveCount(0)
})

test('a pinned conversation moves to the top and back', async () => {
  const { user, project, ids } = await seed(app, [{ title: 'First' }, { title: 'Second', daysAgo: 2 }])
  const { page } = await app.browser.open(`/app/chat/${project.id}`, { user })
  await choose(page, 'Second', 'Pin')
  await see(listOf(page).getByRole('link')).toHaveText(['Second', 'First'])
  await see(listOf(page).getByRole('heading').first()).toHaveText('Pinned')
  await see.poll(async () => (await sessionOf(user, ids[1])).pinned).toBe(true)
  await choose(page, 'Second', 'Unpin')
  await see(listOf(page).getByRole('link')).toHaveText(['First', 'Second'])
  await see.poll(async () => (await sessionOf(user, ids[1])).pinned).toBe(false)
})

test('a deletion can be undone, and is done when the page is left', async () => {
  const { user, project, ids } = await seed(app, [{ title: 'Keep' }, { title: 'Drop' }])
  const { page, context } = await app.browser.open(`/app/chat/${project.id}/${ids[1]}`, { user })
  await context.addInitScript(noteKeptRequests)
  await page.reload()
  await choose(page, 'Drop', 'Delete')
  await see(row(page, 'Drop')).toHaveCount(0)
  await see(page).toHaveURL(`/app/chat/${project.id}`)
  await page.getByRole('button', { name: 'Undo' }).click()
  await see(row(page, 'Drop')).toBeVisible()
  await see(page).toHaveURL(`/app/chat/${project.id}/${ids[1]}`)
  expect((await sessionOf(user, ids[1])).title).toBe('Drop')

  await choose(page, 'Drop', 'Delete')
  await see(row(page, 'Drop')).toHaveCount(0)
  expect((await sessionOf(user, ids[1])).title).toBe('Drop')
  await page.goto('about:blank')
  await see.poll(() => titlesOf(user, project)).toEqual(['Keep'])
  await page.goto('/favicon.svg')
  expect(await page.evaluate(() => sessionStorage.getItem('kept'))).toBe('DELETE')
})

test('what cannot be deleted comes back with a sentence', async () => {
  const { user, project } = await seed(app, [{ title: 'Stubborn' }])
  const { page } = await app.browser.open(`/app/chat/${project.id}`, { user })
  await see(row(page, 'Stubborn')).toBeVisible()
  await page.clock.install()
  await page.route('**/sessions/*', (route) => route.abort())
  await choose(page, 'Stubborn', 'Delete')
  await see(page.getByText('Your conversations with this bot will stand here.')).toBeVisible()
  await page.clock.runFor(8100)
  await see(page.getByText('“Stubborn” could not be deleted and is back in the list.')).toBeVisible()
  await see(row(page, 'Stubborn')).toBeVisible()
  expect(await titlesOf(user, project)).toEqual(['Stubborn'])
})

test('an export is the file that the server gives, under its name', async () => {
  const { user, project, ids } = await seed(app, [{ title: 'Grüße / für: alle' }])
  const { page } = await app.browser.open(`/app/chat/${project.id}`, { user })
  for (const [item, format, name] of [
    ['Export as Markdown', 'markdown', 'Grüße - für- alle.md'],
    ['Export as JSON', 'json', 'Grüße - für- alle.json'],
  ] as const) {
    const download = page.waitForEvent('download')
    await choose(page, 'Grüße', item)
    const file = await download
    expect(file.suggestedFilename()).toBe(name)
    const query = { format }
    const answer = await user.client.send(contract.sessions.export, { params: { session_id: ids[0] ?? '' }, query })
    expect(await readFile(await file.path(), 'utf8')).toBe(await answer.text())
  }
})

test('of hundreds of conversations only those in view are in the page; the keyboard goes through them', async () => {
  const { user, project, ids } = await seed(app, [])
  expect(ids).toEqual([])
  await fill(user, project, 230)
  const { page } = await app.browser.open(`/app/chat/${project.id}`, { user })
  await see(row(page, 'Conversation 1')).toBeVisible()
  for (const title of ['Conversation 1', 'Conversation 2']) {
    await page.keyboard.press('Alt+ArrowDown')
    await see(row(page, title).getByRole('link')).toHaveAttribute('aria-current', 'page')
  }
  const last = row(page, 'Conversation 230')
  await see(async () => {
    await listOf(page).evaluate((list) => list.parentElement?.scrollTo(0, list.scrollHeight))
    await see(last).toBeVisible({ timeout: 200 })
  }).toPass({ timeout: 8000 })
  expect(await listOf(page).getByRole('listitem').count()).toBeLessThan(60)
})

test('what begins elsewhere appears without a reload', async () => {
  const { user, project } = await seed(app, [{ title: 'From here' }])
  const { page } = await app.browser.open('/app/search', { user })
  await page.clock.install()
  await page.goto(`/app/chat/${project.id}`)
  await see(row(page, 'From here')).toBeVisible()
  await ask(user, project, 'A question from another device')
  await page.clock.runFor(30_500)
  await see(listOf(page).getByRole('link')).toHaveText(['A question from another device', 'From here'])
})

test('on a phone the menu works inside the drawer, and the way back stays in view', async () => {
  const { user, project } = await seed(app, [{ title: 'One' }, { title: 'Two' }])
  const { page, complaints } = await app.browser.open(`/app/chat/${project.id}`, { user, ...phone })
  await page.getByRole('button', { name: 'Open the sidebar' }).tap()
  const drawer = page.getByRole('dialog')
  await drawer.getByRole('button', { name: 'Actions for “Two”' }).tap()
  await page.getByRole('menuitem', { name: 'Delete' }).tap()
  await see(drawer).toHaveCount(0)
  await page.getByRole('button', { name: 'Undo' }).tap()
  await page.getByRole('button', { name: 'Open the sidebar' }).tap()
  await see(row(page, 'Two')).toBeVisible()
  expect(complaints).toEqual([])
})

test.each(['light', 'dark'] as const)(
  'nothing in the list stands in anybody’s way in the %s theme',
  async (colorScheme) => {
    const { user, project, ids } = await seed(app, [{ title: 'One' }, { title: 'Two', daysAgo: 1, pinned: true }])
    const { page } = await app.browser.open(`/app/chat/${project.id}/${ids[0]}`, { user, colorScheme, bypassCSP: true })
    await see(row(page, 'One')).toBeVisible()
    expect((await new AxeBuilder({ page }).include('nav ul').analyze()).violations).toEqual([])
    await row(page, 'One').getByRole('link').focus()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await see(page.getByRole('menuitem', { name: 'Rename' })).toBeFocused()
    expect((await new AxeBuilder({ page }).include('[role="menu"]').analyze()).violations).toEqual([])
  },
)

/** Keeps the method of the last request that was to go on without its page. */
function noteKeptRequests(): void {
  const { fetch } = globalThis
  globalThis.fetch = (input, init) => {
    if (init?.keepalive) sessionStorage.setItem('kept', init.method ?? 'GET')
    return fetch(input, init)
  }
}

/** As many empty conversations, a minute apart. */
async function fill(user: TestUser, project: Project, count: number): Promise<void> {
  await withSession(app.database.superuserUrl, (client) =>
    client.query(
      `INSERT INTO chat_sessions (workspace_id, id, project_id, next_seq, title, updated_at)
       SELECT $1, gen_random_uuid(), $2, 1, 'Conversation ' || n, now() - n * interval '1 minute' FROM generate_series(1, $3::int) n`,
      [scopeOf(user).workspaceId, project.id, count],
    ),
  )
}

async function titlesOf(user: TestUser, project: Project): Promise<(string | null)[]> {
  const sessions = await user.client.call(contract.sessions.list, { params: { project_id: project.id }, query: {} })
  return sessions.map(({ title }) => title)
}
