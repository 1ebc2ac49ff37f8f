import { type ChatSession, contract, type Project } from '@chatbot-platform/contract'
import { type Page, expect as see } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withSession } from '../../server/src/platform/database/session.ts'
import { createProject, type TestUser } from '../../server/test/support/app.ts'
import { ask } from '../../server/test/support/turns.ts'
import { scopeOf } from '../../server/test/usage/usage-events.ts'
import { startWebTest, type WebTest } from '../support/web-app.ts'
import { xssPayloads } from '../support/xss-payloads.ts'

/** As they can be stored: without U+0000 and halves of characters. */
const payloads = [
  ...new Set(
    Object.values(xssPayloads)
      .flat()
      .map((text) => text.replaceAll('\u0000', '').toWellFormed()),
  ),
]
const desktop = { viewport: { width: 1280, height: 800 } }

let app: WebTest
beforeAll(async () => {
  app = await startWebTest()
})
afterAll(() => app.close())

test('as names of bots', async () => {
  const user = await app.user()
  const bots: Project[] = []
  for (const name of payloads) bots.push(await createProject(user, { name, description: name }))
  expect(bots.length).toBeGreaterThan(100)
  const { page, fired } = await openWatched(user, '/app/bots')
  await see(page.getByRole('main').getByRole('listitem')).toHaveCount(bots.length)
  const shown = await page.getByRole('main').getByRole('listitem').allTextContents()
  for (const { name } of bots) expect(shown.some((text) => text.includes(name))).toBe(true)
  await page.getByRole('navigation', { name: 'Main' }).getByRole('button').first().click()
  await see(page.getByRole('list', { name: 'Bots' }).getByRole('listitem')).toHaveCount(bots.length)
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+k')
  await see(page.getByRole('combobox', { name: 'Type a command or the name of a bot' })).toBeFocused()
  await page.keyboard.type('fired')
  await see.poll(() => page.getByRole('option').count()).toBeGreaterThan(50)
  await page.keyboard.press('Escape')
  await page.goto('/app/usage')
  await see(page.getByRole('heading', { name: 'Usage', level: 1 })).toBeVisible()
  // A field of one line has no place for the others.
  const inOneLine = bots.filter(({ name }) => !/\s/u.test(name.replaceAll(' ', '')))
  for (const bot of inOneLine.filter((_, index) => index % 20 === 0)) {
    await page.goto(`/app/bots/${bot.id}`)
    await see(page.getByLabel('Name', { exact: true })).toHaveValue(bot.name)
    await page.goto(`/app/chat/${bot.id}`)
    await see(page.getByRole('heading', { name: bot.name, exact: true })).toBeVisible()
  }
  expect(fired()).toEqual([])
}, 60_000)

test('as titles of conversations, and of the files they are exported to', async () => {
  const user = await app.user()
  const project = await createProject(user)
  await fillTitles(user, project)
  const { page, fired } = await openWatched(user, `/app/chat/${project.id}`)
  const list = page.getByRole('navigation', { name: 'Main' }).getByRole('list')
  await see(list.getByRole('link').first()).toBeVisible()
  const shown = new Set<string>()
  await see(async () => {
    for (const title of await list.getByRole('link').allTextContents()) shown.add(title)
    await list.evaluate((ul) => ul.parentElement?.scrollBy(0, 300))
    expect(payloads.filter((title) => !shown.has(title))).toEqual([])
  }).toPass({ intervals: [20], timeout: 15_000 })
  const sessions = await user.client.call(contract.sessions.list, { params: { project_id: project.id }, query: {} })
  for (const session of sessions.filter((_, index) => index % 5 === 0)) await openAndExport(page, session)
  await page.getByRole('main').getByRole('button', { name: 'More', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await see(page.getByRole('button', { name: 'Undo' })).toBeVisible()
  expect(fired()).toEqual([])
}, 60_000)

test('in prompts, their versions and what changed between them', async () => {
  const user = await app.user()
  const project = await createProject(user)
  for (const content of [payloads.join('\n'), payloads.toReversed().join('\n')])
    await user.client.call(contract.prompts.create, { params: { project_id: project.id }, body: { content } })
  const { page, fired } = await openWatched(user, `/app/bots/${project.id}/prompt`)
  // No such address can be registered; an older server or an import may have let one in.
  await withSession(app.database.superuserUrl, (client) =>
    client.query('UPDATE users SET email = $2 WHERE email = $1', [user.email, payloads[0]]),
  )
  await page.reload()
  await see(page.getByLabel('Text of the prompt')).toHaveValue(payloads.toReversed().join('\n'))
  await see(page.getByRole('link', { name: 'Version 1' })).toContainText(payloads[0] ?? '')
  await page.getByRole('link', { name: 'Version 1' }).click()
  await see(page.getByRole('region', { name: /^Changes from/ })).toContainText('<svg onload=__fired()>')
  await page.getByText('Text', { exact: true }).click()
  await see(page.getByText('<svg onload=__fired()>').first()).toBeVisible()
  await page.goto(`/app/chat/${project.id}`)
  await page.getByRole('button', { name: 'Show what the bot is told' }).click()
  await page.getByText('Version 2').click()
  await see(page.getByRole('complementary').getByText('<svg onload=__fired()>').first()).toBeVisible()
  await page.goto('/app/account')
  await see(
    page
      .getByRole('main')
      .getByText(payloads[0] ?? '')
      .first(),
  ).toBeVisible()
  expect(fired()).toEqual([])
}, 60_000)

test('as questions, and as what a search finds', async () => {
  app.upstream.always({ echo: 'last' })
  const user = await app.user()
  const project = await createProject(user)
  let sessionId: string | undefined
  for (const text of payloads) sessionId = (await ask(user, project, `needle ${text}`, sessionId)).session_id
  const { page, fired } = await openWatched(user, '/app/search')
  const more = page.getByRole('button', { name: 'Show more' })
  const hits = page.getByRole('main').getByRole('listitem')
  // A message is found a moment after it was stored: all over again until the last one is.
  await see(async () => {
    await page.goto('/app/search?q=needle')
    await see(page.getByRole('main').locator('mark').first()).toBeVisible({ timeout: 1000 })
    await see(async () => {
      if (await more.isVisible()) await more.click()
      expect(await hits.count()).toBe(payloads.length * 2)
    }).toPass({ intervals: [100], timeout: 3000 })
  }).toPass({ timeout: 20_000 })
  await page.goto(`/app/chat/${project.id}/${sessionId}`)
  const thread = page.getByRole('log')
  await see(thread.getByText('needle').last()).toBeVisible()
  await thread.hover()
  await see(async () => {
    await page.mouse.wheel(0, -3000)
    await see(thread.getByText(`needle ${payloads[0]}`).first()).toBeVisible({ timeout: 50 })
  }).toPass({ intervals: [20], timeout: 15_000 })
  expect(fired()).toEqual([])
}, 60_000)

/** Opens a page and listens: a script of a payload that runs, a request to elsewhere, a dialog, another window. */
async function openWatched(user: TestUser, path: string) {
  const { page, context, complaints } = await app.browser.open('/favicon.svg', { ...desktop, user })
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  await context.addInitScript(reportRuns)
  await page.goto(path)
  const fired = () => [
    ...complaints,
    ...context
      .pages()
      .slice(1)
      .map((other) => `window: ${other.url()}`),
  ]
  return { page, fired }
}

/** Makes a script that runs an error of the page. */
function reportRuns(): void {
  const fail = () => {
    throw new Error('a payload ran')
  }
  Object.assign(globalThis, { __fired: () => setTimeout(fail) })
}

/** A conversation for each payload, a minute apart. */
async function fillTitles(user: TestUser, project: Project): Promise<void> {
  await withSession(app.database.superuserUrl, (client) =>
    client.query(
      `INSERT INTO chat_sessions (workspace_id, id, project_id, next_seq, title, updated_at)
       SELECT $1, gen_random_uuid(), $2, 1, title, now() - n * interval '1 minute'
       FROM unnest($3::text[]) WITH ORDINALITY AS given (title, n)`,
      [scopeOf(user).workspaceId, project.id, payloads],
    ),
  )
}

async function openAndExport(page: Page, { id, project_id: projectId, title }: ChatSession): Promise<void> {
  await page.goto(`/app/chat/${projectId}/${id}`)
  const heading = page.getByRole('main').getByRole('heading', { level: 1 })
  await see.poll(() => heading.textContent()).toBe(title)
  const download = page.waitForEvent('download')
  await page.getByRole('main').getByRole('button', { name: 'More', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Export as JSON' }).click()
  expect((await download).suggestedFilename()).toMatch(/^[^/\\<>:"|?*\p{Cc}]+\.json$/u)
}
