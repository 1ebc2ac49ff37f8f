import { expect as see } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject } from '../../server/test/support/app.ts'
import { png } from '../../server/test/support/images.ts'
import { openChat, sessionIdOf } from '../support/chat-window.ts'
import { startWebTest, type WebTest } from '../support/web-app.ts'

let app: WebTest
beforeAll(async () => {
  app = await startWebTest()
})
afterAll(() => app.close())

async function newChat() {
  const user = await app.user()
  const project = await createProject(user)
  const chat = await openChat(app.browser, user, project.id)
  const choose = (...files: { name: string; content: Buffer; mimeType?: string }[]) =>
    chat.page
      .locator('input[type=file]')
      .setInputFiles(files.map(({ name, content, mimeType = 'image/png' }) => ({ name, mimeType, buffer: content })))
  const tray = chat.page.getByRole('list', { name: 'Images to send' })
  return { ...chat, choose, tray }
}

const wide = png({ width: 40, height: 20 })

test('an image is chosen, sent with a message, and still shown after a reload, also large', async () => {
  const { page, choose, composer, button, complaints, thread } = await newChat()
  await choose({ name: 'map.png', content: wide })
  await see(page.getByRole('img', { name: 'map.png' })).toBeVisible()
  await composer.fill('Where is this?')
  await see(button('Send')).toBeEnabled()
  await button('Send').click()
  await see(page.getByRole('img', { name: 'map.png' })).toBeHidden()
  await sessionIdOf(page)
  await page.reload()
  const shown = thread.getByRole('img', { name: 'Image 1' })
  await see(shown).toBeVisible()
  expect(await shown.evaluate((image: HTMLImageElement) => [image.naturalWidth, image.naturalHeight])).toEqual([40, 20])
  await button('Image 1, show it large').click()
  await see(page.getByRole('dialog', { name: 'Image 1' }).getByRole('img')).toBeVisible()
  const sent = app.upstream.requests.at(-1)?.body.messages?.at(-1)
  expect(JSON.stringify(sent)).toContain('data:image/png;base64,')
  expect(complaints).toEqual([])
})

test('images alone are a message', async () => {
  const { page, choose, button, complaints, thread } = await newChat()
  await choose({ name: 'map.png', content: wide })
  await see(button('Send')).toBeEnabled()
  await button('Send').click()
  await sessionIdOf(page)
  await page.reload()
  await see(thread.getByRole('img', { name: 'Image 1' })).toBeVisible()
  const content = app.upstream.requests.at(-1)?.body.messages?.at(-1)?.content
  expect(content).toEqual([
    { type: 'image_url', image_url: { url: expect.stringMatching(/^data:image\/png;base64,/) } },
  ])
  expect(complaints).toEqual([])
})

test('what is no image is refused where it stands, and can be taken out', async () => {
  const { page, choose, composer, button, tray } = await newChat()
  await choose({ name: 'page.png', content: Buffer.from('<script>alert(1)</script>') })
  await see(tray.getByRole('alert')).toBeVisible()
  await composer.fill('Look at this')
  await see(button('Send')).toBeDisabled()
  await button('Remove page.png').click()
  await see(button('Send')).toBeEnabled()
  await choose(...[1, 2, 3, 4, 5].map((number) => ({ name: `${number}.png`, content: wide })))
  await see(page.getByText('A message takes 4 images. The others were left out.')).toBeVisible()
  await see(tray.getByRole('listitem')).toHaveCount(4)
})

test('an image is pasted, waits in the queue with its text, and comes back with it', async () => {
  const gate = app.upstream.gate()
  app.upstream.plays([{ gate }, {}])
  const { composer, say, button, tray, thread } = await newChat()
  await say('First')
  await see(button('Stop the answer')).toBeVisible()
  await composer.evaluate((field, bytes) => {
    const data = new DataTransfer()
    data.items.add(new File([new Uint8Array(bytes)], 'pasted.png', { type: 'image/png' }))
    field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
  }, Array.from(wide))
  await see(tray.getByRole('img', { name: 'pasted.png' })).toBeVisible()
  await composer.fill('Second')
  await button('Send after this answer').click()
  await button('Take back and edit “Second”').click()
  await see(tray.getByRole('img', { name: 'Image 1' })).toBeVisible()
  await button('Send after this answer').click()
  gate.open()
  await see(thread.getByText('Second')).toBeVisible()
  await see(thread.getByRole('img', { name: 'Image 1' })).toBeVisible()
})
