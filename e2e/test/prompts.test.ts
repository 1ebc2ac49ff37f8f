import { AxeBuilder } from '@axe-core/playwright'
import { contract, type Prompt } from '@chatbot-platform/contract'
import { type Page, expect as see } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, type TestUser } from '../../server/test/support/app.ts'
import { startWebTest, type WebTest } from '../support/web-app.ts'

let app: WebTest
const first = ['You are the support assistant.', '', ...rules(1, 20), 'Be brief.'].join('\n')
const second = first.replace('Rule 3: stay polite.', 'Rule 3: stay calm.').replace('Be brief.', 'Be brief.\nAsk back.')

beforeAll(async () => {
  app = await startWebTest()
})
afterAll(() => app.close())

test('a new version becomes the active one, and a draft does not', async () => {
  const { page, user, projectId, complaints } = await openPrompt([])
  await see(page.getByText('No version yet. The model answers without instructions.')).toBeVisible()
  const editor = page.getByLabel('Text of the prompt')
  await editor.fill('You are a guide.')
  await page.getByRole('button', { name: 'Save as new version' }).click()
  await see(page.getByText('This is version 1, the active one.')).toBeVisible()
  await editor.fill('You are a patient guide.')
  await page.getByRole('button', { name: 'Save as draft' }).click()
  await see(page.getByText('This is version 2. It is not active.')).toBeVisible()
  await see(versionLink(page, 1)).toContainText('Active')
  await see(versionLink(page, 2)).toContainText(user.email)
  const versions = await listVersions(user, projectId)
  expect(versions.map(({ content, active }) => [content, active])).toEqual([
    ['You are a patient guide.', false],
    ['You are a guide.', true],
  ])
  await page.getByRole('button', { name: 'Activate this version' }).click()
  await see(page.getByText('This is version 2, the active one.')).toBeVisible()
  expect((await listVersions(user, projectId)).map(({ active }) => active)).toEqual([true, false])
  expect(complaints).toEqual([])
})

test('what was written survives a reload until it is saved or discarded', async () => {
  const { page } = await openPrompt([first])
  const editor = page.getByLabel('Text of the prompt')
  await editor.fill('An idea\nin two lines')
  await page.reload()
  await see(editor).toHaveValue('An idea\nin two lines')
  await see(page.getByText('Unsaved changes, kept on this device.')).toBeVisible()
  await page.getByRole('button', { name: 'Discard changes' }).click()
  await see(editor).toHaveValue(first)
  await page.reload()
  await see(editor).toHaveValue(first)
})

test('a comparison names added and removed lines and marks the words that differ', async () => {
  const { page } = await openPrompt([first, second])
  await versionLink(page, 1).click()
  await see(page.getByRole('heading', { name: 'Version 1' })).toBeFocused()
  const changes = page.getByRole('region', { name: 'Changes from Version 1 to Version 2 (active)' })
  await see(changes).toContainText('2 lines added')
  await see(changes).toContainText('1 line removed')
  await see(changes.getByRole('listitem').filter({ hasText: 'Removed: ' })).toContainText('Rule 3: stay polite.')
  await see(changes.locator('mark')).toHaveText(['polite', 'calm'])
  await see(changes.getByText('Rule 12: stay polite.')).toBeHidden()
  await changes.getByText(/unchanged lines/).click()
  await see(changes.getByText('Rule 12: stay polite.')).toBeVisible()
  await page.getByText('Text', { exact: true }).click()
  await see(page.getByText('Rule 20: stay polite.')).toBeVisible()
})

test('an old version is restored as it was, and the address leads back to it', async () => {
  const { page, user, projectId } = await openPrompt([first, second, 'Third.'])
  await versionLink(page, 1).click()
  await page.getByLabel('Compared with').selectOption({ label: 'Version 2' })
  await see(page.getByText('Changes from Version 1 to Version 2', { exact: true })).toBeVisible()
  await page.reload()
  await page.getByRole('button', { name: 'Restore this version' }).click()
  await see(page.getByText('New answers use this version.')).toBeVisible()
  await see(versionLink(page, 1)).toContainText('Active')
  const versions = await listVersions(user, projectId)
  expect(versions.map(({ version, active }) => [version, active])).toEqual([
    [3, false],
    [2, false],
    [1, true],
  ])
  await page.getByRole('link', { name: 'Back to the editor' }).click()
  await see(page.getByLabel('Text of the prompt')).toHaveValue(first)
})

test('taking up an old version asks before it replaces unsaved text', async () => {
  const { page } = await openPrompt([first, second])
  const editor = page.getByLabel('Text of the prompt')
  await editor.fill('Not saved yet')
  await versionLink(page, 1).click()
  await page.getByRole('button', { name: 'Edit a copy' }).click()
  const dialog = page.getByRole('dialog', { name: 'Replace your unsaved text?' })
  await dialog.getByRole('button', { name: 'Replace the text' }).click()
  await see(editor).toHaveValue(first)
  await see(page.getByText('This is version 1. It is not active.')).toBeVisible()
})

test('a text is counted, and one that is too long is not sent', async () => {
  const { page } = await openPrompt([])
  const editor = page.getByLabel('Text of the prompt')
  await editor.fill('x'.repeat(100_000))
  await see(page.getByText('100,000 of 100,000 characters')).toBeVisible()
  await editor.fill('x'.repeat(100_012))
  await see(page.getByRole('alert')).toHaveText('This is 12 characters too long. Shorten it to save it.')
  await see(page.getByRole('button', { name: 'Save as new version' })).toBeDisabled()
})

test('an unsaved text is tried beside the editor as a draft', async () => {
  const { page, user, projectId } = await openPrompt([first])
  await page.getByLabel('Text of the prompt').fill('You are a trial.')
  await page.getByRole('button', { name: 'Try this version' }).click()
  await see(page.getByRole('complementary', { name: 'Try a version' })).toBeVisible()
  const [draft] = await listVersions(user, projectId)
  expect(draft).toMatchObject({ content: 'You are a trial.', active: false })
  app.upstream.plays([{ text: ['Tried ', 'and told.'] }])
  const trial = page.getByRole('complementary', { name: 'Try a version' })
  await trial.getByRole('textbox', { name: 'Message' }).fill('Who are you?')
  await page.keyboard.press('Enter')
  await see(trial.getByText('Tried and told.', { exact: true })).toBeVisible()
  expect(app.upstream.requests.at(-1)?.body.messages).toEqual([
    { role: 'system', content: 'You are a trial.' },
    { role: 'user', content: 'Who are you?' },
  ])
  expect((await listVersions(user, projectId)).map(({ active }) => active)).toEqual([false, true])
  await see(page.getByLabel('Text of the prompt')).toHaveValue('You are a trial.')
  await page.getByRole('button', { name: 'Close the trial chat' }).click()
  await see(page.getByRole('complementary', { name: 'Try a version' })).toBeHidden()
})

test.each(['light', 'dark'] as const)(
  'the prompt pages are free of barriers and fit a phone, %s',
  async (colorScheme) => {
    const { user, projectId } = await openPrompt([`${first}\n${'w'.repeat(300)}`, second])
    const [, old] = await listVersions(user, projectId)
    const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }
    const options = { user, colorScheme, bypassCSP: true, ...phone }
    const { page } = await app.browser.open('/app/account', options)
    for (const search of ['', `?version=${old?.id}`]) {
      await page.goto(`/app/bots/${projectId}/prompt${search}`)
      await see(versionLink(page, 2)).toBeVisible()
      expect(await overflowing(page), search).toEqual([])
      expect((await new AxeBuilder({ page }).analyze()).violations, search).toEqual([])
    }
  },
)

/** The page of a new bot whose prompt has these versions, the last one active. */
async function openPrompt(contents: string[]) {
  const user = await app.user()
  const { id: projectId } = await createProject(user)
  for (const content of contents)
    await user.client.call(contract.prompts.create, { params: { project_id: projectId }, body: { content } })
  const viewport = { width: 1280, height: 800 }
  const { page, complaints } = await app.browser.open(`/app/bots/${projectId}/prompt`, { user, viewport })
  return { page, complaints, user, projectId }
}

function listVersions(user: TestUser, projectId: string): Promise<Prompt[]> {
  return user.client.call(contract.prompts.list, { params: { project_id: projectId }, query: {} })
}

function versionLink(page: Page, version: number) {
  return page.getByRole('link', { name: `Version ${version}` })
}

function rules(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `- Rule ${from + index}: stay polite.`)
}

/** What reaches beyond the window, by its text. */
function overflowing(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('main *')]
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
      .map((element) => `${element.tagName} ${element.textContent?.slice(0, 40)}`),
  )
}
