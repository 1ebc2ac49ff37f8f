import { contract, type Project } from '@chatbot-platform/contract'
import { type Page, expect as see } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, type TestUser } from '../../server/test/support/app.ts'
import { addDocument } from '../../server/test/support/documents.ts'
import { openChat } from '../support/chat-window.ts'
import { documentRow, pdfFile, picker } from '../support/knowledge.ts'
import { startWebTest, type WebTest } from '../support/web-app.ts'

let app: WebTest
beforeAll(async () => {
  app = await startWebTest()
})
afterAll(() => app.close())

test('from a PDF to the cited passage: the mark of an answer opens it beside the conversation', async () => {
  const user = await app.user()
  const project = await createProject(user)
  const window = await app.browser.open(`/app/bots/${project.id}/knowledge`, { user })
  const { page, complaints } = window
  const pages = [['Deliveries leave at noon.'], ['Goods may be returned within thirty days.']]
  await picker(page, 'Choose files').setInputFiles([pdfFile('handbook.pdf', pages)])
  await see(documentRow(page, 'handbook.pdf')).toContainText('Ready:', { timeout: 30_000 })
  await page.getByRole('main').getByRole('link', { name: 'Chat' }).click()
  app.upstream.plays([{ text: ['Within thirty days [1].'] }])
  await page.getByRole('textbox', { name: 'Message', exact: true }).fill('How long may goods be returned?')
  await page.keyboard.press('Enter')
  const mark = page.getByRole('log').getByRole('button', { name: 'Source 1: handbook.pdf, page 2', exact: true })
  await mark.click()
  const drawer = page.getByRole('dialog', { name: 'handbook.pdf' })
  await see(drawer.locator('[aria-current="true"]')).toContainText('Goods may be returned within thirty days.')
  await see(drawer.locator('[aria-current="true"]')).toContainText('Page 2')
  await page.keyboard.press('Escape')
  await see(drawer).toHaveCount(0)
  await see(mark).toBeFocused()
  const sources = page.getByRole('region', { name: 'Sources' })
  await sources.getByRole('button', { name: /handbook\.pdf page 2/ }).click()
  await drawer.getByRole('link', { name: 'Open the document' }).click()
  await see(page).toHaveURL(/\/knowledge\/[0-9a-f-]{36}\?passage=1$/)
  await see(page.locator('[aria-current="true"]')).toContainText('within thirty days')
  await see(page.getByRole('dialog')).toHaveCount(0)
  expect(complaints).toEqual([])
}, 60_000)

test('marks are buttons while the text still arrives, and stay the same ones when it has', async () => {
  const { user, project } = await botWithDocument()
  const gate = app.upstream.gate()
  app.upstream.plays([{ text: ['From Hamburg [1], by [', '1, ', '2] and not [9].'], gate, gateAfter: 2 }])
  const { page, thread, say } = await openChat(app.browser, user, project.id)
  await say('From where are parcels sent?')
  const marks = thread.locator('article').getByRole('button', { name: /^Source \d: rules\.md$/ })
  await see(marks).toHaveCount(1)
  // A bracket that is still open is not shown: it would turn into marks a moment later.
  await see(thread.locator('article .markdown p')).toHaveText('From Hamburg [1], by')
  await marks.first().evaluate((element) => element.setAttribute('data-seen', ''))
  await marks.first().click()
  await see(page.getByRole('dialog', { name: 'rules.md' }).locator('[aria-current="true"]')).toContainText('Hamburg')
  await page.keyboard.press('Escape')
  gate.open()
  await see(page.getByRole('region', { name: 'Sources' })).toBeVisible()
  await see(thread.locator('article .markdown p [data-seen]')).toHaveCount(1)
  await see(thread.locator('article .markdown p')).toContainText('and not [9].')
  await page.reload()
  await see(thread.locator('article .markdown p').getByRole('button', { name: /^Source/ })).toHaveCount(3)
})

test('numbers in code, in links and of nothing stay text, and a copy keeps them all', async () => {
  const { user, project } = await botWithDocument()
  const text = 'Hamburg [1]; `list[1]` and [page [1]](https://a.example/) and [7].\n\n```\nx = rows[1]\n```'
  app.upstream.plays([{ text: [text] }])
  const { page, context, thread, say, button } = await openChat(app.browser, user, project.id)
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await say('From where are parcels sent?')
  await see(page.getByRole('region', { name: 'Sources' })).toBeVisible()
  await see(thread.locator('.citation-chip')).toHaveCount(1)
  await see(thread.getByRole('link', { name: 'page [1]' })).toBeVisible()
  await button('Copy the answer').click()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(text)
  const selected = await thread.locator('article .markdown p').evaluate((element) => {
    getSelection()?.selectAllChildren(element)
    return getSelection()?.toString()
  })
  expect(selected).toContain('Hamburg [1];')
})

test('a deleted document is gone from old answers and from the next prompt', async () => {
  const { user, project, fileId } = await botWithDocument()
  app.upstream.plays([{ text: ['From Hamburg [1].'] }, { text: ['I do not know.'] }])
  const { page, thread, say } = await openChat(app.browser, user, project.id)
  await say('From where are parcels sent?')
  await see(page.getByRole('region', { name: 'Sources' })).toBeVisible()
  expect(lastPrompt()).toContain('sent from Hamburg')
  const params = { project_id: project.id, file_id: fileId }
  await user.client.call(contract.files.remove, { params })
  await page.reload()
  const mark = thread.getByRole('button', { name: 'Source 1: this document was deleted' })
  await see(mark).toHaveAttribute('aria-disabled', 'true')
  await see(page.getByRole('region', { name: 'Sources' })).toContainText('Source 1: this document was deleted')
  await mark.click({ force: true })
  await see(page.getByRole('dialog')).toHaveCount(0)
  await say('And from where exactly?')
  await see(thread.getByText('I do not know.')).toBeVisible()
  expect(lastPrompt()).not.toContain('sent from Hamburg')
})

test('a passage is opened and left by keys alone', async () => {
  const { user, project } = await botWithDocument()
  app.upstream.plays([{ text: ['From Hamburg [1].'] }])
  const { page, say } = await openChat(app.browser, user, project.id)
  await say('From where are parcels sent?')
  await see(page.getByRole('region', { name: 'Sources' })).toBeVisible()
  await tabTo(page, 'Source 1: rules.md')
  await see(page.getByRole('tooltip')).toHaveText('Source 1: rules.md')
  await page.keyboard.press('Enter')
  const drawer = page.getByRole('dialog', { name: 'rules.md' })
  await see(drawer.locator('[aria-current="true"]')).toBeVisible()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await see(drawer.getByRole('link', { name: 'Open the document' })).toBeFocused()
  await page.keyboard.press('Escape')
  await see(drawer).toHaveCount(0)
})

test('a bot without documents offers to take some, and the palette leads to them', async () => {
  const user = await app.user()
  const project: Project = await createProject(user)
  const { page } = await openChat(app.browser, user, project.id)
  await see(page.getByRole('link', { name: 'Give it documents to answer from' })).toBeVisible()
  await page.keyboard.press('Control+k')
  await see(page.getByRole('combobox', { name: 'Type a command or the name of a bot' })).toBeFocused()
  await page.keyboard.type('knowledge')
  await page.keyboard.press('Enter')
  await see(page).toHaveURL(`/app/bots/${project.id}/knowledge`)
  await see(page.getByRole('button', { name: 'Choose files' })).toBeVisible()
})

/** A bot that has read a document of two passages. */
async function botWithDocument() {
  const user: TestUser = await app.user()
  const project = await createProject(user)
  const passages = ['Parcels are sent from Hamburg every weekday.', 'Parcels above 30 kilograms go by freight.']
  const fileId = await addDocument(app, user, project, { name: 'rules.md', passages })
  return { user, project, fileId }
}

function lastPrompt(): string {
  return JSON.stringify(app.upstream.requests.at(-1)?.body.messages)
}

/** Goes backwards, as the composer comes last, until the element of this name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let steps = 0; steps < 30; steps += 1) {
    await page.keyboard.press('Shift+Tab')
    if (await page.evaluate((label) => document.activeElement?.getAttribute('aria-label') === label, name)) return
  }
  throw new Error(`${name} cannot be reached`)
}
