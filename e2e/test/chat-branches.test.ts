import { expect as see } from '@playwright/test'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createProject } from '../../server/test/support/app.ts'
import { ask } from '../../server/test/support/turns.ts'
import { openChat } from '../support/chat-window.ts'
import { longThread } from '../support/long-thread.ts'
import { startWebTest, type WebTest } from '../support/web-app.ts'

let app: WebTest
beforeAll(async () => {
  app = await startWebTest()
})
afterEach(() => app.upstream.answers(() => undefined))
afterAll(() => app.close())

async function openWith(turns: string[]) {
  const user = await app.user()
  const project = await createProject(user)
  let sessionId: string | undefined
  for (const question of turns) sessionId = (await ask(user, project, question, sessionId)).session_id
  return { user, project, ...(await openChat(app.browser, user, `${project.id}/${sessionId}`)) }
}

test('another answer stands beside the first, and arrows lead between them', async () => {
  app.upstream.plays([{ text: ['The first answer.'] }, { text: ['The second answer.'] }])
  const { page, button, thread } = await openWith(['Tell me'])
  await button('Write another answer').click()
  await see(thread.getByText('The second answer.')).toBeVisible()
  await see(thread.getByText('The first answer.')).toBeHidden()
  await see(page.getByRole('group', { name: '2 of 2' })).toBeVisible()
  await button('Previous version').click()
  await see(thread.getByText('The first answer.')).toBeVisible()
  await see(page.getByRole('group', { name: '1 of 2' })).toBeVisible()
  await page.reload()
  await see(thread.getByText('The first answer.')).toBeVisible()
  await see(button('Next version')).toBeEnabled()
})

test('a question is edited in its place: by the arrow up, Enter asks, Escape leaves it', async () => {
  app.upstream.answers(() => ({ echo: 'last' }))
  const { page, composer, thread } = await openWith(['What is a cat?', 'And a dog?'])
  const editor = page.getByRole('textbox', { name: 'Edit your message' })
  await composer.press('ArrowUp')
  await see(editor).toHaveValue('And a dog?')
  await editor.press('Escape')
  await see(editor).toBeHidden()
  await composer.press('ArrowUp')
  await editor.fill('And a bird?')
  await editor.press('Enter')
  await see(thread.getByText('And a bird?')).toHaveCount(2)
  await see(thread.getByText('And a dog?')).toHaveCount(0)
  await see(page.getByRole('group', { name: '2 of 2' })).toBeVisible()
})

test('an answer that was cut by its length says so and goes on', async () => {
  app.upstream.plays([{ text: ['It was a dark'], finishReason: 'length' }, { text: [' and stormy night.'] }])
  const { button, thread } = await openWith(['Tell a story'])
  await see(thread.getByText('Cut off at the longest answer')).toBeVisible()
  await button('Continue').click()
  await see(thread.getByText('It was a dark and stormy night.')).toBeVisible()
  await see(thread.getByText('Cut off at the longest answer')).toBeHidden()
})

test('a link to a message opens there and marks it; the way to the newest is offered', async () => {
  const user = await app.user()
  const project = await createProject(user)
  const { sessionId, messageIds } = await longThread(app.database, user, project, 120)
  const path = `${project.id}/${sessionId}?at=${messageIds[10]}`
  const { page, thread, button, distanceToEnd } = await openChat(app.browser, user, path)
  await see(thread.getByText('Question 11', { exact: true })).toBeInViewport()
  await button('Jump to the latest message').click()
  await see(thread.getByText('Answer 120')).toBeVisible()
  await see.poll(distanceToEnd).toBeLessThan(2)
  await see(page).not.toHaveURL(/at=/)
})

test('the title is changed in its place, also in the list', async () => {
  app.upstream.plays([{ text: ['Yes.'] }])
  const { page, complaints } = await openWith(['Is this a title?'])
  await page.getByRole('heading', { level: 1 }).getByRole('button').click()
  const field = page.getByRole('textbox', { name: 'Title of this conversation' })
  await field.fill('A better title')
  await field.press('Enter')
  await see(page.getByRole('heading', { level: 1, name: 'A better title' })).toBeVisible()
  await see(page.getByRole('navigation').getByText('A better title')).toBeVisible()
  await page.reload()
  await see(page.getByRole('heading', { level: 1, name: 'A better title' })).toBeVisible()
  expect(complaints).toEqual([])
})
