import { AxeBuilder } from '@axe-core/playwright'
import { contract } from '@chatbot-platform/contract'
import { type Page, expect as see } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, type TestUser } from '../../server/test/support/app.ts'
import { startWebTest, type WebTest } from '../support/web-app.ts'

let app: WebTest
const longName = `Kundenbetreuung ${'Donaudampfschifffahrtsgesellschaft'.repeat(6)}`.slice(0, 200)
const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }

beforeAll(async () => {
  app = await startWebTest()
  const model = { object: 'model', created: 1_700_000_000, owned_by: 'tests', context_window: 8192 }
  app.upstream.offers([
    { ...model, id: 'test-model' },
    { ...model, id: 'large-model' },
  ])
})
afterAll(() => app.close())

test('an empty account comes to a bot with a prompt in three clicks', async () => {
  const user = await app.user()
  const { page, complaints } = await app.browser.open('/app', { user })
  await see(page.getByRole('heading', { name: 'Create your first bot' })).toBeVisible()
  await page.getByRole('link', { name: /^Tutor/ }).click()
  await see(page.getByLabel('Name')).toHaveValue('Tutor')
  await see(page.getByLabel('Prompt')).toHaveValue(/You are a patient tutor/)
  await page.getByRole('button', { name: 'Create bot' }).click()
  await see(page).toHaveURL(/\/app\/chat\/[0-9a-f-]{36}/)
  const [bot] = await user.client.call(contract.projects.list, { query: {} })
  expect(bot).toMatchObject({ name: 'Tutor', temperature: 0.5, provider: null, model: null })
  expect(page.url()).toContain(bot?.id)
  const [prompt] = await promptsOf(user, bot?.id ?? '')
  expect(prompt).toMatchObject({ active: true, content: expect.stringContaining('patient tutor') })
  expect(complaints).toEqual([])
})

test('a bot is made once, also where the first try stops half-way', async () => {
  const user = await app.user()
  const { page } = await app.browser.open('/app/bots/new?start=writer', { user })
  await page.route('**/prompts', (route) => route.abort(), { times: 1 })
  await page.getByRole('button', { name: 'Create bot' }).click()
  await see(page.getByRole('alert')).toContainText('The bot was not created. The server cannot be reached')
  await page.getByLabel('Name').fill('Essay writer')
  await page.getByRole('button', { name: 'Create bot' }).click()
  await see(page).toHaveURL(/\/app\/chat\//)
  const bots = await user.client.call(contract.projects.list, { query: {} })
  expect(bots.map(({ name }) => name)).toEqual(['Essay writer'])
  expect(await promptsOf(user, bots[0]?.id ?? '')).toHaveLength(1)
})

test('settings save what was changed, with fallbacks in their order', async () => {
  const user = await app.user()
  const bot = await createProject(user, { name: 'Support', temperature: 0.4, model: 'withdrawn-model' })
  const { page, complaints } = await app.browser.open(`/app/bots/${bot.id}`, { user })
  const model = page.getByRole('combobox', { name: 'Model', exact: true })
  await see(model.locator('option:checked')).toHaveText('withdrawn-model')
  await model.selectOption({ label: 'large-model · 8.19K tokens' })
  await page.getByText('Server’s default', { exact: true }).click()
  await page.getByLabel('Longest answer, in tokens').fill('2000')
  await see(page.getByText('Answers end after about 1,500 words, 3 pages.')).toBeVisible()
  const add = page.getByRole('button', { name: 'Add a fallback' })
  await add.click()
  await add.click()
  await page.getByRole('combobox', { name: 'Fallback 2' }).selectOption({ label: 'test-model · 8.19K tokens' })
  await page.getByRole('button', { name: 'Move fallback 2 up' }).click()
  await see(page.getByRole('button', { name: 'Move fallback 1 up' })).toBeFocused()
  await page.getByRole('button', { name: 'Save changes' }).click()
  await see(page.getByText('You have unsaved changes.')).toBeHidden()
  const saved = await user.client.call(contract.projects.get, { params: { project_id: bot.id } })
  expect(saved).toMatchObject({ name: 'Support', model: 'large-model', temperature: null, max_tokens: 2000 })
  expect(saved.fallbacks).toEqual([
    { provider: 'openai-compatible', model: 'test-model' },
    { provider: 'demo', model: null },
  ])
  expect(complaints).toEqual([])
})

test('what the server refuses stands at its field, and unsaved changes are not lost by a link', async () => {
  const user = await app.user()
  const bot = await createProject(user)
  const { page, complaints } = await app.browser.open(`/app/bots/${bot.id}`, { user })
  const name = page.getByLabel('Name')
  await name.fill('x'.repeat(201))
  await see(name).toHaveAccessibleDescription('At most 200 characters: this is 1 too long.')
  await see(page.getByRole('button', { name: 'Save changes' })).toBeDisabled()
  await name.fill('Help desk')
  await page.getByRole('button', { name: 'Add a fallback' }).click()
  // As if the provider had been taken off the server since the list of models was read.
  await page.route('**/projects/*', (route) =>
    route.continue({ postData: { ...route.request().postDataJSON(), fallbacks: [{ provider: 'gone', model: null }] } }),
  )
  await page.getByRole('button', { name: 'Save changes' }).click()
  await see(page.getByRole('combobox', { name: 'Fallback 1' })).toHaveAccessibleDescription(/not active here/)
  await page.unroute('**/projects/*')
  await page.getByRole('link', { name: 'Prompt' }).click()
  const dialog = page.getByRole('dialog', { name: 'Leave without saving?' })
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await see(name).toHaveValue('Help desk')
  await page.getByRole('link', { name: 'Prompt' }).click()
  await dialog.getByRole('button', { name: 'Leave without saving' }).click()
  await see(page).toHaveURL(/\/prompt$/)
  expect((await user.client.call(contract.projects.get, { params: { project_id: bot.id } })).name).toBe('Support')
  expect(complaints).toEqual([])
})

test('a bot is copied with its prompt and deleted by its name', async () => {
  const user = await app.user()
  const bot = await createProject(user, { name: 'Travel', temperature: 1.2 })
  const params = { project_id: bot.id }
  await user.client.call(contract.prompts.create, { params, body: { content: 'You plan journeys.' } })
  const { page } = await app.browser.open('/app/bots', { user })
  await page.getByRole('button', { name: 'Actions for Travel' }).click()
  await page.getByRole('menuitem', { name: 'Duplicate' }).click()
  await page.getByRole('button', { name: 'Settings' }).click()
  await see(page.getByLabel('Name')).toHaveValue('Copy of Travel')
  const [copy] = await user.client.call(contract.projects.list, { query: {} })
  expect(copy).toMatchObject({ name: 'Copy of Travel', temperature: 1.2 })
  expect((await promptsOf(user, copy?.id ?? ''))[0]).toMatchObject({ content: 'You plan journeys.', active: true })

  await page.goto('/app/bots')
  await page.getByRole('button', { name: 'Actions for Travel' }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  const remove = page.getByRole('button', { name: 'Delete bot' })
  await see(remove).toBeDisabled()
  await page.getByLabel('Type “Travel” to confirm').fill('Travel')
  await remove.click()
  await see(page.getByRole('link', { name: 'Travel', exact: true })).toBeHidden()
  const left = await user.client.call(contract.projects.list, { query: {} })
  expect(left.map(({ name }) => name)).toEqual(['Copy of Travel'])
})

test('the switcher finds one of many bots by keyboard and remembers it', async () => {
  const user = await app.user()
  for (let number = 1; number <= 9; number++) await createProject(user, { name: `Bot ${number}` })
  const { page } = await app.browser.open('/app/bots', { user })
  await page.getByRole('button', { name: 'Bot 9', exact: true }).press('Enter')
  await page.keyboard.type('bot 4')
  await page.keyboard.press('ArrowDown')
  await see(page.getByRole('link', { name: 'Bot 4' }).first()).toBeFocused()
  await page.keyboard.press('Enter')
  await see(page.getByRole('button', { name: 'Bot 4', exact: true })).toBeVisible()
  const path = new URL(page.url()).pathname
  await page.goto('/app')
  await see(page).toHaveURL(path)
  await page.getByRole('button', { name: 'Bot 4', exact: true }).click()
  await page.keyboard.press('Escape')
  await see(page.getByRole('button', { name: 'Bot 4', exact: true })).toBeFocused()
})

test('without the server the list says so and tries again', async () => {
  const user = await app.user()
  await createProject(user, { name: 'Support' })
  const { page, context } = await app.browser.open('/app/usage', { user })
  await context.route('**/projects?*', (route) => route.fulfill({ status: 503, body: 'down' }))
  await page.goto('/app/bots')
  await see(page.getByRole('alert')).toContainText('The server made a mistake')
  await context.unroute('**/projects?*')
  await page.getByRole('button', { name: 'Try again' }).click()
  await see(page.getByRole('link', { name: 'Support', exact: true })).toBeVisible()
})

test.each(['light', 'dark'] as const)(
  'the pages of bots are free of barriers and fit a phone, %s',
  async (colorScheme) => {
    const user = await app.user()
    const fallbacks = [{ provider: 'demo', model: null }]
    const bot = await createProject(user, { name: longName, description: 'y'.repeat(500), fallbacks })
    const { page } = await app.browser.open('/app/account', { user, colorScheme, bypassCSP: true, ...phone })
    for (const path of ['/app/bots', `/app/bots/${bot.id}`, '/app/bots/new', '/app/bots/new?start=support']) {
      await page.goto(path)
      await see(page.getByRole('heading', { level: 1 })).toBeVisible()
      await see(page.getByRole('status', { name: 'Loading' })).toBeHidden()
      expect(await overflowing(page), path).toEqual([])
      expect((await new AxeBuilder({ page }).analyze()).violations, path).toEqual([])
    }
  },
)

test('what the bot of a chat is told stands beside it, free of barriers', async () => {
  const user = await app.user()
  const bot = await createProject(user, { name: 'Support', temperature: 0.2 })
  const params = { project_id: bot.id }
  await user.client.call(contract.prompts.create, { params, body: { content: 'You are calm.' } })
  const viewport = { width: 1280, height: 800 }
  const { page } = await app.browser.open(`/app/chat/${bot.id}`, { user, viewport, bypassCSP: true })
  await page.getByRole('button', { name: 'Show what the bot is told' }).click()
  const panel = page.getByRole('complementary', { name: 'What the bot is told' })
  await panel.getByText('Version 1').click()
  await see(panel.getByText('You are calm.')).toBeVisible()
  await see(panel.getByText('0.2')).toBeVisible()
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
  await panel.getByRole('link', { name: 'Edit settings' }).click()
  await see(page).toHaveURL(new RegExp(`/app/bots/${bot.id}$`))
})

async function promptsOf(user: TestUser, projectId: string) {
  return user.client.call(contract.prompts.list, { params: { project_id: projectId }, query: {} })
}

/** What reaches beyond the window, by its text; hidden texts for screen readers aside. */
function overflowing(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('main *')]
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
      .map((element) => `${element.tagName} ${element.textContent?.slice(0, 40)}`),
  )
}
