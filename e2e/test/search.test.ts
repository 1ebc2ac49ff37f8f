import { AxeBuilder } from '@axe-core/playwright'
import { type Page, expect as see } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, type TestUser } from '../../server/test/support/app.ts'
import { untilIndexed } from '../../server/test/support/search.ts'
import { ask, messagesOf } from '../../server/test/support/turns.ts'
import { startWebTest, type WebTest } from '../support/web-app.ts'

const payload = '<img src=x onerror="window.__fired = true">'
const field = 'Words to look for'

let app: WebTest
let user: TestUser
let ids: { support: string; tutor: string; lamp: string }

beforeAll(async () => {
  app = await startWebTest()
  user = await app.user()
  app.upstream.always({ text: ['The answer ', 'to that.'] })
  const [support, tutor] = await Promise.all([createProject(user), createProject(user, { name: 'Tutor' })])
  const lamp = await ask(user, support, `My lamp ${payload} arrived broken on Sunday`)
  await ask(user, tutor, 'How does a lamp work')
  await untilIndexed(app)
  ids = { support: support.id, tutor: tutor.id, lamp: lamp.session_id }
}, 60_000)
afterAll(() => app.close())

test('what is typed is found with its words marked, and opens at the message', async () => {
  const { page, complaints } = await app.browser.open('/app/search', { user })
  await see(page.getByText('Find anything that you or your bots have said.')).toBeVisible()
  await page.getByRole('searchbox', { name: field }).fill('"arrived broken" lamp')
  await see(page).toHaveURL('/app/search?q=%22arrived+broken%22+lamp')
  await see(count(page, '1 message')).toBeVisible()
  const hit = hits(page).getByRole('link')
  await see(hit.locator('mark')).toHaveText(['lamp', 'arrived broken'])
  await see(hit.getByRole('paragraph').last()).toContainText(payload)
  const [question] = await messagesOf(user, ids.lamp)
  await hit.click()
  await see(page).toHaveURL(`/app/chat/${ids.support}/${ids.lamp}?at=${question?.id}`)
  await see(page.getByRole('log').getByText('arrived broken on Sunday')).toBeVisible()
  expect(await page.evaluate(() => '__fired' in window)).toBe(false)
  expect(complaints).toEqual([])
})

test('the arrow keys walk through the results and back to the field', async () => {
  const { page } = await app.browser.open('/app/search?q=lamp', { user })
  await see(count(page, '2 messages')).toBeVisible()
  const links = hits(page).getByRole('link')
  await see(page.getByRole('searchbox')).toBeFocused()
  await page.keyboard.press('ArrowDown')
  await see(links.nth(0)).toBeFocused()
  await page.keyboard.press('ArrowDown')
  await see(links.nth(1)).toBeFocused()
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('ArrowUp')
  await see(page.getByRole('searchbox')).toBeFocused()
})

test('one bot alone can be searched; nothing found leads back to all', async () => {
  const { page } = await app.browser.open('/app/search?q=lamp', { user })
  await page.getByRole('combobox', { name: 'Bot' }).selectOption('Tutor')
  await see(hits(page).getByRole('heading')).toHaveText(['How does a lamp work'])
  await see(page).toHaveURL(`/app/search?q=lamp&bot=${ids.tutor}`)
  await page.getByRole('searchbox').fill('broken')
  await see(page.getByText('Nothing matches “broken” in the conversations with Tutor.')).toBeVisible()
  await page.getByRole('button', { name: 'Search all bots' }).click()
  await see(hits(page).getByRole('listitem')).toHaveCount(1)
})

test('fifty results at a time, the next ones on demand', async () => {
  const reader = await app.user()
  const project = await createProject(reader)
  const first = await ask(reader, project, 'Turn number 1')
  for (let turn = 2; turn <= 60; turn++) await ask(reader, project, `Turn number ${turn}`, first.session_id)
  await untilIndexed(app)
  const { page } = await app.browser.open('/app/search?q=number', { user: reader })
  await see(count(page, 'The newest 50 messages')).toBeVisible()
  await page.getByRole('button', { name: 'Show more' }).click()
  await see(count(page, '60 messages')).toBeVisible()
  await see(hits(page).getByRole('listitem')).toHaveCount(60)
  await see(page.getByRole('button', { name: 'Show more' })).toHaveCount(0)
})

test('a search without a word, and one that nobody answers, say what to do', async () => {
  const { page } = await app.browser.open('/app/search?q=-lamp', { user })
  await see(page.getByText('Type at least one word to look for.')).toBeVisible()
  await page.route('**/search/messages*', (route) => route.abort())
  await page.getByRole('searchbox').fill('lamp')
  await see(page.getByRole('alert')).toContainText('The server cannot be reached.')
  await page.unroute('**/search/messages*')
  await page.getByRole('button', { name: 'Try again' }).click()
  await see(count(page, '2 messages')).toBeVisible()
})

test.each(['light', 'dark'] as const)(
  'search stands in nobody’s way in the %s theme, on a phone too',
  async (colorScheme) => {
    const viewport = { width: 360, height: 740 }
    const { page } = await app.browser.open('/app/search?q=lamp', { user, colorScheme, viewport, bypassCSP: true })
    await see(count(page, '2 messages')).toBeVisible()
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(viewport.width)
  },
)

/** How many were found, as it is said. */
function count(page: Page, text: string) {
  return page.getByRole('status').filter({ hasText: text })
}

function hits(page: Page) {
  return page.getByRole('list', { name: 'Results' })
}
