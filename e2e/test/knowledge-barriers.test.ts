import type { Project } from '@chatbot-platform/contract'
import { type Page, expect as see } from '@playwright/test'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { untilRead, uploadOne } from '../../server/test/files/uploads.ts'
import { createProject, type TestUser } from '../../server/test/support/app.ts'
import { addDocument } from '../../server/test/support/documents.ts'
import { ask } from '../../server/test/support/turns.ts'
import { violationsOf } from '../support/axe.ts'
import { picker, textFile } from '../support/knowledge.ts'
import { overflowing } from '../support/overflow.ts'
import { startWebTest, type WebTest } from '../support/web-app.ts'

const desktop = { viewport: { width: 1280, height: 800 } }
const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }
const longName = `${'n'.repeat(180)}.txt`

let app: WebTest
let user: TestUser
let project: Project
let fileId: string
let sessionId: string

beforeAll(async () => {
  app = await startWebTest()
  user = await app.user()
  project = await createProject(user, { name: 'Support desk' })
  const passages = [
    { text: `Parcels are sent from Hamburg. ${'w'.repeat(300)}`, heading: 'Parcels › Where from', page: 3 },
    { text: 'Parcels above 30 kilograms go by freight.', heading: 'Heavy parcels', page: 4 },
  ]
  fileId = await addDocument(app, user, project, { name: 'handbook.pdf', passages })
  await addDocument(app, user, project, { name: longName, passages: ['A note.'] })
  await untilRead(user, await uploadOne(user, project, 'broken.pdf', '%PDF-1.7\nnothing of a PDF follows'))
  app.upstream.plays([{ text: ['From Hamburg [1].'] }])
  sessionId = (await ask(user, project, 'From where are parcels sent?')).session_id
}, 60_000)
afterAll(() => app.close())

describe.each([
  { name: 'desktop', size: desktop },
  { name: 'phone', size: phone },
])('nothing is in the way on a $name', { timeout: 60_000 }, ({ size }) => {
  test.each(['light', 'dark'] as const)('of the documents, in the %s theme', async (colorScheme) => {
    const page = await open('', { ...size, colorScheme })
    await picker(page, 'Choose files').setInputFiles([textFile('empty.txt', '')])
    await see(page.getByRole('region', { name: 'Uploads' })).toBeVisible()
    await see(page.getByText('Open it, save it anew and upload it again.')).toBeVisible()
    await check(page)
    await page.getByRole('button', { name: 'Actions for handbook.pdf' }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await see(page.getByRole('dialog', { name: 'Delete this document' })).toBeVisible()
    await check(page)
  })

  test.each(['light', 'dark'] as const)(
    'of a document, the search and the web, in the %s theme',
    async (colorScheme) => {
      const page = await open(`/${fileId}?passage=1`, { ...size, colorScheme })
      await see(page.locator('[aria-current="true"]')).toBeVisible()
      await check(page)
      await page.goto(`/app/bots/${project.id}/knowledge?view=search&q=parcels`)
      await see(page.locator('mark').first()).toBeVisible()
      await check(page)
      await page.goto(`/app/bots/${project.id}/knowledge?view=web`)
      await see(page.getByText('No web pages yet.')).toBeVisible()
      await check(page)
    },
  )

  test.each(['light', 'dark'] as const)(
    'of an answer with a passage beside it, in the %s theme',
    async (colorScheme) => {
      const { page } = await app.browser.open(`/app/chat/${project.id}/${sessionId}`, look({ ...size, colorScheme }))
      await see(page.getByRole('region', { name: 'Sources' })).toBeVisible()
      await check(page)
      await page.locator('.citation-chip').click()
      await see(page.getByRole('dialog').locator('[aria-current="true"]')).toBeVisible()
      await check(page)
    },
  )
})

test('in Arabic everything stands from right to left, and says so in Arabic', async () => {
  const page = await open('', { ...phone, locale: 'ar' })
  await see(page.getByRole('heading', { level: 1, name: 'المعرفة' })).toBeVisible()
  await see(page.getByRole('listitem').filter({ hasText: 'handbook.pdf' })).toContainText('جاهز: مقطعان')
  expect(await page.evaluate(() => document.documentElement.dir)).toBe('rtl')
  await check(page)
  await page.goto(`/app/chat/${project.id}/${sessionId}`)
  await page.getByRole('log').getByRole('button', { name: 'المصدر 1: ⁨handbook.pdf⁩، الصفحة 3', exact: true }).click()
  await see(page.getByRole('dialog').locator('[aria-current="true"]')).toContainText('الصفحة 3')
  await check(page)
})

type Look = NonNullable<Parameters<WebTest['browser']['open']>[1]>

function look(options: Look): Look {
  return { ...options, user, bypassCSP: true }
}

async function open(path: string, options: Look): Promise<Page> {
  const { page } = await app.browser.open(`/app/bots/${project.id}/knowledge${path}`, look(options))
  await see(page.getByRole('heading', { level: 1 })).toBeVisible()
  return page
}

async function check(page: Page): Promise<void> {
  expect(await violationsOf(page)).toEqual([])
  expect(await overflowing(page)).toEqual([])
}
