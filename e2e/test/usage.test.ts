import { readFile } from 'node:fs/promises'
import { AxeBuilder } from '@axe-core/playwright'
import { contract } from '@chatbot-platform/contract'
import { type Page, expect as see } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, type TestUser } from '../../server/test/support/app.ts'
import { ask } from '../../server/test/support/turns.ts'
import { recordTurn } from '../../server/test/usage/usage-events.ts'
import { startWebTest, type WebTest } from '../support/web-app.ts'

const longName = 'n'.repeat(200)

let app: WebTest
let user: TestUser

beforeAll(async () => {
  app = await startWebTest()
  user = await app.user()
  app.upstream.always({ text: ['Hi'], usage: { prompt_tokens: 1200, completion_tokens: 34 } })
  const gone = await createProject(user, { name: '=HYPERLINK("Gone")' })
  for (const project of [await createProject(user), gone]) await ask(user, project, 'Hello')
  await user.client.call(contract.projects.remove, { params: { project_id: gone.id } })
  await recordTurn(app, user, { projectName: longName, promptTokens: 100, completionTokens: 50, cost: 0.0125 })
}, 60_000)
afterAll(() => app.close())

test('the figures are what the provider reported, with what has no price', async () => {
  const { page, complaints } = await app.browser.open('/app/usage', { user })
  await see(figure(page, 'Answers')).toHaveText('3')
  await see(figure(page, 'Tokens in')).toHaveText('2,500')
  await see(figure(page, 'Tokens out')).toHaveText('118')
  await see(figure(page, 'Cost')).toHaveText('$0.0125without 2 answers whose price is not known')
  await see(page.getByRole('img', { name: '2,500 tokens in and 118 tokens out in all' })).toBeVisible()
  await see(page.getByRole('img', { name: '$0.0125 in all' }).locator('canvas')).toBeVisible()
  expect(complaints).toEqual([])
})

test('the table counts by bot, deleted ones too, and by model; the address keeps the choice', async () => {
  const { page } = await app.browser.open('/app/usage?days=7', { user })
  await page.getByText('By bot', { exact: true }).click()
  await see(page).toHaveURL('/app/usage?days=7&by=project')
  const rows = page.getByRole('table').getByRole('row')
  await see(rows.filter({ hasText: 'Support' })).toHaveText(/^Support 11,20034Not known$/)
  await see(rows.filter({ hasText: 'HYPERLINK' })).toHaveText(/^=HYPERLINK\("Gone"\) deleted11,20034Not known$/)
  await page.getByText('By model', { exact: true }).click()
  await see(rows.filter({ hasText: 'test-model' })).toHaveText(/22,40068Not known$/)
  await page.getByText('Year', { exact: true }).click()
  await page.reload()
  await see(page.getByRole('radio', { name: 'Year' })).toBeChecked()
  await see(page.getByRole('radio', { name: 'By model' })).toBeChecked()
})

test('the download has the rows of the table, and no formula', async () => {
  const { page } = await app.browser.open('/app/usage?by=project', { user })
  await see(page.getByRole('row').filter({ hasText: 'Support' })).toBeVisible()
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download CSV' }).click()
  const file = await download
  expect(file.suggestedFilename()).toMatch(/^usage-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d-by-project\.csv$/)
  const [header, ...rows] = (await readFile(await file.path(), 'utf8')).trimEnd().split('\r\n')
  const columns = 'turns,prompt_tokens,completion_tokens,cost,unpriced_turns,estimated_turns'
  expect(header).toBe(`\uFEFFproject_id,project_name,${columns}`)
  expect(rows.map((row) => row.slice(37)).sort()).toEqual([
    `"'=HYPERLINK(""Gone"")",1,1200,34,,1,0`,
    'Support,1,1200,34,,1,0',
    `${longName},1,100,50,0.0125,0,0`,
  ])
})

test('without any usage there is one way to go on', async () => {
  const { page } = await app.browser.open('/app/usage', { user: await app.user() })
  await see(page.getByText('No bot has answered in this time.')).toBeVisible()
  await page.getByRole('link', { name: 'Go to your bots' }).click()
  await see(page).toHaveURL('/app/bots')
})

test.each(['light', 'dark'] as const)(
  'usage stands in nobody’s way in the %s theme, on a phone too',
  async (colorScheme) => {
    const viewport = { width: 360, height: 740 }
    const { page } = await app.browser.open('/app/usage?by=project', { user, colorScheme, viewport, bypassCSP: true })
    await see(page.getByRole('img')).toHaveCount(2)
    await see(page.getByRole('row').filter({ hasText: longName })).toBeVisible()
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
    const table = page.getByRole('table')
    expect(await table.evaluate((element) => element.scrollWidth)).toBeLessThanOrEqual(viewport.width - 32)
  },
)

test('the plots follow the theme', async () => {
  const { page } = await app.browser.open('/app/usage', { user, colorScheme: 'light' })
  const light = await pixelsOf(page)
  await page.emulateMedia({ colorScheme: 'dark' })
  await see.poll(async () => (await pixelsOf(page)) === light).toBe(false)
})

function figure(page: Page, label: string) {
  return page
    .locator('dl > div')
    .filter({ has: page.getByText(label, { exact: true }) })
    .getByRole('definition')
}

function pixelsOf(page: Page): Promise<string> {
  return page
    .locator('canvas')
    .first()
    .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL())
}
