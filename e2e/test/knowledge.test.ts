import { contract } from '@chatbot-platform/contract'
import { type Page, expect as see } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, type TestUser } from '../../server/test/support/app.ts'
import { addDocument } from '../../server/test/support/documents.ts'
import { documentRow, dropOn, type GivenFile, pdfFile, picker, textFile, withFolder } from '../support/knowledge.ts'
import { startWebTest, type WebTest } from '../support/web-app.ts'

const handbook = pdfFile('handbook.pdf', [
  ['Deliveries', 'Parcels leave the warehouse in Hamburg every weekday at noon.'],
  ['Returns', 'Goods may be returned within thirty days of delivery.'],
])

/** Each document is read in a process of its own, which a busy machine takes a while to start. */
const reading = { timeout: 60_000 }

let app: WebTest
beforeAll(async () => {
  app = await startWebTest()
})
afterAll(() => app.close())

test('files are uploaded, read and found, and the page says how far they are', reading, async () => {
  const { page, complaints } = await openKnowledge()
  await see(page.getByText('No documents yet.')).toBeVisible()
  const files = [
    handbook,
    textFile('hours.txt', 'We are open from nine to five.'),
    textFile('notes.md', '# Prices\n\nTen.'),
  ]
  await picker(page, 'Choose files').setInputFiles(files)
  for (const { name } of files) await see(documentRow(page, name)).toContainText('Ready:', { timeout: 30_000 })
  await see(documentRow(page, 'handbook.pdf')).toContainText('PDF · 2 pages')
  await see(page.getByText('3 files were uploaded.')).toBeAttached()
  await see(page.getByText('3 of 500')).toBeVisible()
  await documentRow(page, 'handbook.pdf').getByRole('link', { name: 'handbook.pdf' }).click()
  await see(page.getByRole('heading', { level: 1, name: 'handbook.pdf' })).toBeVisible()
  await see(page.getByRole('listitem').filter({ hasText: 'within thirty days' })).toContainText('Page 2')
  expect(complaints).toEqual([])
})

test(
  'what cannot be taken says why and what to do, and what is there already is not taken twice',
  reading,
  async () => {
    const { page } = await openKnowledge()
    const hours = textFile('hours.txt', 'We are open from nine to five.')
    await upload(page, [hours])
    const program = {
      name: 'setup.exe',
      mimeType: 'application/octet-stream',
      buffer: Buffer.from('MZ\0\u0001\u0002\0\0'),
    }
    const again = { ...hours, name: 'opening.txt' }
    await picker(page, 'Choose files').setInputFiles([program, textFile('blank.txt', ''), again])
    const uploads = page.getByRole('region', { name: 'Uploads' })
    await see(uploads.getByRole('listitem').filter({ hasText: 'setup.exe' })).toContainText('Save it as PDF')
    await see(uploads.getByRole('listitem').filter({ hasText: 'blank.txt' })).toContainText('There is no text in it')
    await see(uploads.getByRole('listitem').filter({ hasText: 'opening.txt' })).toContainText('already, as “hours.txt”')
    await uploads.getByRole('button', { name: 'Dismiss all' }).click()
    await see(uploads).toHaveCount(0)
    await see(page.getByRole('list', { name: 'Documents' }).getByRole('listitem')).toHaveCount(1)
  },
)

test('a broken document says what to do, and can be tried again', reading, async () => {
  const { page } = await openKnowledge()
  const broken = { ...handbook, buffer: Buffer.from('%PDF-1.7\nnothing of a PDF follows') }
  await picker(page, 'Choose files').setInputFiles([broken])
  const row = documentRow(page, 'handbook.pdf')
  await see(row).toContainText('Open it, save it anew and upload it again.', { timeout: 30_000 })
  await see(page.getByText('1 could not be read')).toBeVisible()
  const again = page.waitForResponse((response) => response.url().endsWith('/reindex'))
  await row.getByRole('button', { name: 'Try again: handbook.pdf' }).click()
  expect((await again).status()).toBe(202)
  await see(row.getByText('Waiting to be read').or(row.getByText('Reading')).first()).toBeVisible()
  await see(row).toContainText('Open it, save it anew', { timeout: 30_000 })
})

test('a folder that is dropped brings its files, and not what systems leave in it', async () => {
  const { page } = await openKnowledge()
  const files = { 'one.txt': 'The first file.', 'two.md': 'The second file.', '.DS_Store': 'clutter' }
  await withFolder(files, async (folder) => {
    await dropOn(page, folder)
    await see(documentRow(page, 'one.txt')).toBeVisible()
    await see(documentRow(page, 'two.md')).toBeVisible()
    await see(page.getByText('2 files were uploaded.')).toBeAttached()
    await picker(page, 'Choose a folder').setInputFiles(folder)
    const uploads = page.getByRole('region', { name: 'Uploads' })
    await see(uploads.getByText('The bot has this document already')).toHaveCount(2)
  })
})

test('an upload shows how far it is, and can be cancelled', async () => {
  const { page, context } = await openKnowledge()
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  await context.route('**/files', async (route) => {
    if (route.request().method() !== 'POST') return route.fallback()
    await held
    await route.fallback().catch(() => undefined)
  })
  await picker(page, 'Choose files').setInputFiles([textFile('a.txt', 'First.'), textFile('b.txt', 'Second.')])
  const uploads = page.getByRole('region', { name: 'Uploads' })
  await see(uploads.getByRole('heading', { name: '0 of 2 uploaded' })).toBeVisible()
  await see(uploads.getByRole('progressbar', { name: 'Upload of a.txt' })).toBeVisible()
  await uploads.getByRole('button', { name: 'Cancel the upload of a.txt' }).click()
  await see(uploads.getByRole('heading', { name: '0 of 1 uploaded' })).toBeVisible()
  release()
  await see(documentRow(page, 'b.txt')).toBeVisible()
  await see(documentRow(page, 'a.txt')).toHaveCount(0)
})

test('an upload that breaks off is kept, and sent again when it is asked for', async () => {
  const { page, context } = await openKnowledge()
  await context.route('**/files', (route) =>
    route.request().method() === 'POST' ? route.abort('connectionreset') : route.fallback(),
  )
  await picker(page, 'Choose files').setInputFiles([textFile('hours.txt', 'We are open from nine to five.')])
  const uploads = page.getByRole('region', { name: 'Uploads' })
  await see(uploads.getByText('The server cannot be reached.')).toBeVisible()
  await context.unroute('**/files')
  await uploads.getByRole('button', { name: 'Try again: hours.txt' }).click()
  await see(documentRow(page, 'hours.txt')).toBeVisible()
  await see(uploads).toHaveCount(0)
})

test('documents come fifty at a time, and by their state', async () => {
  const { user, project, page } = await openKnowledge()
  for (let index = 0; index < 60; index += 1)
    await addDocument(app, user, project, { name: `note-${index}.txt`, passages: [`Note number ${index}.`] })
  await page.reload()
  const rows = page.getByRole('list', { name: 'Documents' }).getByRole('listitem')
  await see(rows).toHaveCount(50)
  await page.getByRole('button', { name: 'Show more' }).click()
  await see(rows).toHaveCount(60)
  await page.getByRole('combobox', { name: 'Show' }).selectOption({ label: 'Failed' })
  await see(page.getByText('No document is in this state.')).toBeVisible()
  await see(page).toHaveURL(/\?state=failed$/)
})

test('a search shows the passages, why they were found, and what was taken for a typing error', async () => {
  const { user, project, page, complaints } = await openKnowledge()
  const passages = [
    { text: 'Goods may be returned within thirty days.', heading: 'Returns › Deadlines', page: 2 },
    { text: 'The warehouse stands in Hamburg.', page: 1 },
  ]
  const fileId = await addDocument(app, user, project, { name: 'handbook.pdf', passages })
  await page.getByText('Try a search', { exact: true }).click()
  await page.getByRole('searchbox', { name: 'Question' }).fill('where is the warehuose')
  await page.keyboard.press('Enter')
  const found = page.getByRole('list', { name: 'Passages found' }).getByRole('listitem').first()
  await see(found.locator('mark')).toHaveText('warehouse')
  await see(found).toContainText('Page 1')
  await see(found).toContainText('By words: place 1')
  await see(page.getByText('Looked for “warehouse” in place of “warehuose”.')).toBeVisible()
  await see(page.getByText(/1 passage in \d+.*ms, found by words/)).toBeVisible()
  await found.getByRole('link', { name: 'handbook.pdf' }).click()
  await see(page).toHaveURL(`/app/bots/${project.id}/knowledge/${fileId}?passage=1`)
  await see(page.locator('[aria-current="true"]')).toContainText('The warehouse stands in Hamburg.')
  expect(complaints).toEqual([])
})

test('the bot can be told to stay with its documents', async () => {
  const { user, project, page } = await openKnowledge()
  await page.getByRole('radio', { name: 'Say that it is not in the documents' }).check()
  await see(page.getByText('Saved')).toBeVisible()
  await page.reload()
  await see(page.getByRole('radio', { name: 'Say that it is not in the documents' })).toBeChecked()
  const stored = await user.client.call(contract.projects.get, { params: { project_id: project.id } })
  expect(stored.grounding).toBe('documents_only')
})

test('a document is downloaded as it was uploaded, and deleted after a question', reading, async () => {
  const { user, project, page } = await openKnowledge()
  await upload(page, [handbook])
  const row = documentRow(page, 'handbook.pdf')
  await row.getByRole('button', { name: 'Actions for handbook.pdf' }).click()
  const download = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: 'Download' }).click()
  expect((await download).suggestedFilename()).toBe('handbook.pdf')
  await row.getByRole('button', { name: 'Actions for handbook.pdf' }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await page
    .getByRole('dialog', { name: 'Delete this document' })
    .getByRole('button', { name: 'Delete document' })
    .click()
  await see(page.getByText('No documents yet.')).toBeVisible()
  expect(await user.client.call(contract.files.list, { params: { project_id: project.id }, query: {} })).toEqual([])
})

test('everything on the page is done by keys', reading, async () => {
  const { page } = await openKnowledge()
  const chooser = page.waitForEvent('filechooser')
  await tabTo(page, 'Choose files')
  await page.keyboard.press('Enter')
  await (await chooser).setFiles([textFile('hours.txt', 'We are open from nine to five.')])
  await see(documentRow(page, 'hours.txt')).toContainText('Ready:', { timeout: 30_000 })
  await tabTo(page, 'Actions for hours.txt')
  await page.keyboard.press('ArrowUp')
  await see(page.getByRole('menuitem', { name: 'Delete' })).toBeFocused()
  await page.keyboard.press('Enter')
  await see(page.getByRole('dialog', { name: 'Delete this document' })).toBeVisible()
  await page.keyboard.press('Escape')
  await tabTo(page, 'hours.txt')
  await page.keyboard.press('Enter')
  await see(page.getByRole('heading', { level: 1, name: 'hours.txt' })).toBeVisible()
  await tabTo(page, 'All documents')
  await page.keyboard.press('Enter')
  await see(page.getByRole('heading', { level: 1, name: 'Knowledge' })).toBeVisible()
})

/** The knowledge of a new bot. */
async function openKnowledge() {
  const user: TestUser = await app.user()
  const project = await createProject(user)
  const viewport = { width: 1280, height: 800 }
  const window = await app.browser.open(`/app/bots/${project.id}/knowledge`, { user, viewport })
  await see(window.page.getByRole('button', { name: 'Choose files' })).toBeVisible()
  return { ...window, user, project }
}

/** Uploads files and waits until they have been read. */
async function upload(page: Page, files: GivenFile[]): Promise<void> {
  await picker(page, 'Choose files').setInputFiles(files)
  for (const { name } of files) await see(documentRow(page, name)).toContainText('Ready:', { timeout: 30_000 })
}

/** Presses Tab until the element of this name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let steps = 0; steps < 40; steps += 1) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate(() => {
      const element = document.activeElement
      return element?.getAttribute('aria-label') ?? element?.textContent
    })
    if (focused === name) return
  }
  throw new Error(`${name} cannot be reached`)
}
