import { expect as see } from '@playwright/test'
import { afterAll, beforeAll, test } from 'vitest'
import { createProject } from '../../server/test/support/app.ts'
import { openChat } from '../support/chat-window.ts'
import { startWebTest, type WebTest } from '../support/web-app.ts'

let app: WebTest
beforeAll(async () => {
  app = await startWebTest()
})
afterAll(() => app.close())

async function openAt(path: string) {
  const user = await app.user()
  const project = await createProject(user, { name: 'Travel' })
  const window = await app.browser.open(path.replace('{id}', project.id), { user })
  const heading = (name: string) => window.page.getByRole('heading', { level: 1, name, exact: true })
  return { ...window, user, project, heading }
}

test('back and forward lead through the pages, and an address through a reload to the same', async () => {
  const { page, heading } = await openAt('/app/bots/')
  await page.getByRole('link', { name: 'Usage' }).click()
  await see(heading('Usage')).toBeVisible()
  await page.getByText('90 days').click()
  await see(page).toHaveURL(/\/app\/usage\?days=90$/)
  await page.goBack()
  await see(heading('Bots')).toBeVisible()
  await page.goForward()
  await see(page).toHaveURL(/\/app\/usage\?days=90$/)
  await page.reload()
  await see(heading('Usage')).toBeVisible()
  await page.goBack()
  await see(heading('Bots')).toBeVisible()
})

test('an address without a page says so, within the app and outside it', async () => {
  const { page, heading } = await openAt('/app/nothing/here')
  await see(heading('Page not found')).toBeVisible()
  await page.getByRole('link', { name: 'Go to your bots' }).click()
  await see(heading('Bots')).toBeVisible()
})

test('going back from unsaved changes asks first; staying keeps the history as it was', async () => {
  const { page, heading, project } = await openAt('/app/usage')
  await page.goto('/app/bots')
  await page.getByRole('link', { name: 'Travel', exact: true }).click()
  const name = page.getByRole('textbox', { name: 'Name', exact: true })
  await name.fill('Another name')
  await page.goBack()
  const dialog = page.getByRole('dialog', { name: 'Leave without saving?' })
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await see(page).toHaveURL(`/app/bots/${project.id}`)
  await see(name).toHaveValue('Another name')
  await page.goBack()
  await dialog.getByRole('button', { name: 'Leave' }).click()
  await see(heading('Bots')).toBeVisible()
  await page.goForward()
  await see(name).toHaveValue('Travel')
  await page.goBack()
  await page.goBack()
  await see(heading('Usage')).toBeVisible()
})

test('the link to the content leaves what was begun as it is', async () => {
  const user = await app.user()
  const project = await createProject(user)
  const { page, composer } = await openChat(app.browser, user, project.id)
  await composer.fill('Half a question')
  await page.getByRole('link', { name: 'Skip to the content' }).press('Enter')
  await see(page).toHaveURL(/#content$/)
  await see(composer).toHaveValue('Half a question')
  await page.goBack()
  await see(page).toHaveURL(`/app/chat/${project.id}`)
  await see(composer).toHaveValue('Half a question')
})

test('a page whose code cannot be loaded says so, and the others go on', async () => {
  const { page, heading } = await openAt('/app/bots')
  await page.route('**/assets/usage-page-*.js', (route) => route.abort())
  await page.getByRole('link', { name: 'Usage' }).click()
  await see(heading('This page stopped working')).toBeVisible()
  await see(page).toHaveURL('/app/usage')
  await page.getByRole('link', { name: 'Account and settings' }).click()
  await see(heading('Account and settings')).toBeVisible()
  await page.goBack()
  await page.unroute('**/assets/usage-page-*.js')
  await page.getByRole('button', { name: 'Reload the page' }).click()
  await see(heading('Usage')).toBeVisible()
})
