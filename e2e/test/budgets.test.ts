import { type Budget, type BudgetPatch, contract, type Project } from '@chatbot-platform/contract'
import { type Locator, type Page, expect as see } from '@playwright/test'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withSession } from '../../server/src/platform/database/session.ts'
import { createProject, type TestUser } from '../../server/test/support/app.ts'
import { recordTurn, scopeOf } from '../../server/test/usage/usage-events.ts'
import { violationsOf } from '../support/axe.ts'
import type { WindowOptions } from '../support/browser.ts'
import { openChat } from '../support/chat-window.ts'
import { overflowing } from '../support/overflow.ts'
import { startWebTest, type WebTest } from '../support/web-app.ts'

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }

let app: WebTest
beforeAll(async () => {
  app = await startWebTest()
})
afterAll(() => app.close())

test('a budget that is set is used up by chats, refuses, and lets them go on once it is raised', {
  timeout: 60_000,
}, async () => {
  const { user, project } = await newBot()
  const { page } = await openBudgets(user)
  await change(page, 'Set a budget: Budget of the workspace', { 'Tokens a day': '105' })
  await see(meter(page, 'Tokens today')).toContainText('0 of 105')

  const { page: chatPage, say, button, composer, thread } = await openChat(app.browser, user, project.id)
  await say('Hi!')
  await see(button('Write another answer')).toBeVisible()
  await page.reload()
  // By the provider's count; the next answer needs room for the longest that it may be.
  await see(meter(page, 'Tokens today')).toContainText('10 of 105')
  await see(meter(page, 'Tokens today')).toContainText('9% used')
  await say('And then?')
  const refusal = chatPage.getByRole('alert')
  await see(refusal).toContainText('A budget has too little left for this answer.')
  await see(refusal).toContainText('Your message was not sent: “And then?”')

  await refusal.getByRole('link', { name: 'Budgets' }).click()
  await see(chatPage).toHaveURL(`/app/usage?bot=${project.id}`)
  await see(chatPage.getByRole('combobox', { name: 'Choose a bot' })).toHaveValue(project.id)
  await change(chatPage, 'Change the budget: Budget of the workspace', { 'Tokens a day': '5000' })
  await see(meter(chatPage, 'Tokens today')).toContainText('10 of 5,000')
  await chatPage.goBack()
  await see(composer).toHaveValue('And then?')
  await composer.press('Enter')
  await see(thread.getByText('And then?')).toBeVisible()
  await see.poll(async () => (await budgetOf(user)).day.tokens).toBe(20)
})

test('a budget in dollars refuses a model without a price, and the chat leads to both ways out', async () => {
  const { user, project } = await newBot()
  await limit(user, { cost_per_month: 25 })
  const { page, say, composer } = await openChat(app.browser, user, project.id)
  await say('What does this cost?')
  const refusal = page.getByRole('alert')
  await see(refusal).toContainText('There is a budget in dollars, and this model has no known price.')
  await refusal.getByRole('link', { name: 'Open the bot’s settings' }).click()
  await page.getByRole('link', { name: 'See and change its budget' }).click()
  await see(page).toHaveURL(`/app/usage?bot=${project.id}`)
  await see(meter(page, 'Cost this month')).toContainText('$0.00 of $25.00')
  await page.goBack()
  await page.goBack()
  await see(composer).toHaveValue('What does this cost?')
})

test('a limit is set by keyboard alone, and a mistake is said where it was made', async () => {
  const { user, project } = await newBot()
  const { page, complaints } = await openBudgets(user)
  const bots = page.getByRole('combobox', { name: 'Choose a bot' })
  await bots.focus()
  await page.keyboard.type('Support')
  const set = page.getByRole('button', { name: 'Set a budget: Budget of “Support”' })
  await set.waitFor()
  await page.keyboard.press('Tab')
  await see(set).toBeFocused()
  await page.keyboard.press('Enter')
  await see(dialog(page).getByLabel('Tokens a day')).toBeFocused()
  await page.keyboard.type('50000')
  for (let tabs = 0; tabs < 3; tabs++) await page.keyboard.press('Tab')
  await page.keyboard.type('1,000')
  await page.keyboard.press('Enter')
  const field = dialog(page).getByLabel('US dollars a month')
  await see(field).toBeFocused()
  await see(field).toHaveAccessibleDescription(/^Write an amount such as 25 or 0\.50, up to 1,000,000,000/)
  await see(dialog(page).getByRole('alert')).toHaveCount(1)
  await page.keyboard.press('Control+a')
  await page.keyboard.type('0,25')
  await page.keyboard.press('Enter')
  await see(dialog(page)).toHaveCount(0)
  await see(page.getByRole('button', { name: 'Change the budget: Budget of “Support”' })).toBeFocused()
  expect(await budgetOf(user, project)).toMatchObject({ tokens_per_day: 50_000, cost_per_month: 0.25 })
  expect(complaints).toEqual([])
})

test('emptying a field lifts its limit, and the others stay', async () => {
  const { user } = await newBot()
  await limit(user, { tokens_per_day: 1000, cost_per_day: 0.001 })
  const { page } = await openBudgets(user, { locale: 'de' })
  await page.getByRole('button', { name: 'Budget ändern' }).click()
  await see(dialog(page).getByLabel('US-Dollar pro Tag')).toHaveValue('0,001')
  await dialog(page).getByLabel('Tokens pro Tag').fill('')
  await dialog(page).getByRole('button', { name: 'Budget speichern' }).click()
  await see(meter(page, 'Tokens heute')).toHaveCount(0)
  expect(await budgetOf(user)).toMatchObject({ tokens_per_day: null, cost_per_day: 0.001 })
})

test('digits of another script are digits', async () => {
  const { user } = await newBot()
  const { page } = await openBudgets(user, { locale: 'ar' })
  await page.getByRole('button', { name: 'تحديد ميزانية' }).click()
  await dialog(page).getByLabel('الرموز في اليوم').fill('٥٠٠٠')
  await dialog(page).getByLabel('الدولارات في الشهر').fill('٢٥٫٥٠')
  await page.keyboard.press('Enter')
  await see(dialog(page)).toHaveCount(0)
  expect(await budgetOf(user)).toMatchObject({ tokens_per_day: 5000, cost_per_month: 25.5 })
})

test('who does not own the workspace reads its budget, and is told why it stays as it is', async () => {
  const { user } = await newBot()
  await limit(user, { tokens_per_month: 2000 })
  const { workspaceId, userId } = scopeOf(user)
  const demotion = "UPDATE memberships SET role = 'editor' WHERE workspace_id = $1 AND user_id = $2"
  await withSession(app.database.superuserUrl, (client) => client.query(demotion, [workspaceId, userId]))
  const { page } = await openBudgets(user)
  await see(meter(page, 'Tokens this month')).toContainText('0 of 2,000')
  await change(page, 'Change the budget: Budget of the workspace', { 'Tokens a month': '9000' })
  await see(dialog(page).getByRole('alert')).toHaveText(/^Only the owner of the workspace/)
  expect(await budgetOf(user)).toMatchObject({ tokens_per_month: 2000 })
})

describe.each(['light', 'dark'] as const)('in the %s theme', (colorScheme) => {
  test.each([
    ['en', {}],
    ['ar', phone],
  ] as const)(
    'budgets near and over their limit stand in nobody’s way (%s)',
    { timeout: 60_000 },
    async (locale, device) => {
      const { user, project } = await newBot('n'.repeat(200))
      await recordTurn(app, user, { projectId: project.id, promptTokens: 700, completionTokens: 120, cost: 2 })
      await limit(user, { tokens_per_day: 1000, tokens_per_month: 1_000_000_000, cost_per_day: 2, cost_per_month: 25 })
      const look = { colorScheme, locale, bypassCSP: true, ...device }
      const { page } = await openBudgets(user, look, `?bot=${project.id}`)
      await see(page.getByRole('main').getByRole('listitem')).toHaveCount(4)
      await see(page.getByRole('img')).toHaveCount(2)
      expect(await violationsOf(page)).toEqual([])
      expect(await overflowing(page)).toEqual([])
      await page.getByRole('main').getByRole('button', { name: project.name }).click()
      await dialog(page).getByRole('textbox').first().fill('x')
      await page.keyboard.press('Enter')
      await see(dialog(page).getByRole('alert')).toHaveCount(1)
      expect(await violationsOf(page)).toEqual([])
      expect(await overflowing(page)).toEqual([])
    },
  )
})

/** A new user with a bot whose answers take at most 100 tokens. */
async function newBot(name = 'Support') {
  const user = await app.user()
  return { user, project: await createProject(user, { name, max_tokens: 100 }) }
}

async function openBudgets(user: TestUser, options: WindowOptions = {}, search = '') {
  const window = await app.browser.open(`/app/usage${search}`, { ...options, user })
  await window.page.getByRole('heading', { level: 2 }).first().waitFor()
  return window
}

/** Presses a button, fills these fields of the dialog that it opens, and saves. */
async function change(page: Page, button: string, fields: Record<string, string>): Promise<void> {
  await page.getByRole('button', { name: button }).click()
  for (const [label, text] of Object.entries(fields)) await dialog(page).getByLabel(label).fill(text)
  await dialog(page).getByRole('button', { name: 'Save budget' }).click()
}

function dialog(page: Page): Locator {
  return page.getByRole('dialog')
}

/** What is said about one limit. */
function meter(page: Page, name: string): Locator {
  return page.getByRole('main').getByRole('listitem').filter({ hasText: name })
}

function limit(user: TestUser, body: BudgetPatch): Promise<Budget> {
  return user.client.call(contract.budgets.setWorkspace, { body })
}

/** The workspace's budget, or that of a bot. */
function budgetOf(user: TestUser, project?: Project): Promise<Budget> {
  if (!project) return user.client.call(contract.budgets.workspace, {})
  return user.client.call(contract.budgets.project, { params: { project_id: project.id } })
}
