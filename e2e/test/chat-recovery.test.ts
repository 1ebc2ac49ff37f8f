import { setTimeout as sleep } from 'node:timers/promises'
import { type Locator, expect as see } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject } from '../../server/test/support/app.ts'
import { openChat, pieces, sessionIdOf } from '../support/chat-window.ts'
import { type RestartableApp, startRestartableApp } from '../support/restartable-app.ts'

let app: RestartableApp
beforeAll(async () => {
  app = await startRestartableApp()
})
afterAll(() => app.close())

async function newChat() {
  const user = await app.user()
  const project = await createProject(user)
  return { user, project, ...(await openChat(app.browser, user, project.id)) }
}

test('an answer goes on after the page was loaded again in the middle of it', async () => {
  const gate = app.upstream.gate()
  app.upstream.plays([{ text: ['Before, ', 'after.'], gate, gateAfter: 1 }])
  const { page, say, button, complaints, thread } = await newChat()
  await say('Go')
  await see(thread.getByText('Before,')).toBeVisible()
  await sessionIdOf(page)
  await page.reload()
  await see(thread.getByText('Before,')).toBeVisible()
  await see(button('Stop the answer')).toBeVisible()
  gate.open()
  await see(thread.getByText('Before, after.')).toBeVisible()
  expect(complaints).toEqual([])
})

test('two windows on one conversation show the same answer as it is written', async () => {
  const gate = app.upstream.gate()
  app.upstream.plays([{ text: ['Seen by ', 'both.'], gate, gateAfter: 1 }])
  const { project, page, say, context, thread } = await newChat()
  await say('Go')
  await see(thread.getByText('Seen by')).toBeVisible()
  const second = await context.newPage()
  await second.goto(`/app/chat/${project.id}/${await sessionIdOf(page)}`)
  await see(second.getByRole('log').getByText('Seen by')).toBeVisible()
  gate.open()
  await see(thread.getByText('Seen by both.')).toBeVisible()
  await see(second.getByRole('log').getByText('Seen by both.')).toBeVisible()
  app.upstream.plays([{ text: ['And again.'] }])
  await second.getByRole('textbox', { name: 'Message' }).fill('More')
  await second.keyboard.press('Enter')
  await see(thread.getByText('And again.')).toBeVisible()
})

test('without a network the message is kept, and goes out once when it is back', async () => {
  app.upstream.plays([{ text: ['Got it.'] }])
  const { say, context, thread } = await newChat()
  const before = app.upstream.requests.length
  await context.setOffline(true)
  await say('Are you there?')
  await see(thread.getByText('Your message is kept; trying again')).toBeVisible()
  await context.setOffline(false)
  await see(thread.getByText('Got it.')).toBeVisible()
  expect(app.upstream.requests.length - before).toBe(1)
})

test('a message that is given up without a network is kept to be edited or sent again', async () => {
  app.upstream.plays([{ text: ['Now it works.'] }])
  const { page, say, button, composer, context, thread } = await newChat()
  await context.setOffline(true)
  await say('Hello there?')
  await see(thread.getByText('trying again')).toBeVisible()
  await button('Stop the answer').click()
  await see(page.getByRole('alert')).toContainText('Your message was not sent: “Hello there?”')
  await button('Edit the message').click()
  await see(composer).toHaveValue('Hello there?')
  await context.setOffline(false)
  await composer.press('Enter')
  await see(thread.getByText('Now it works.')).toBeVisible()
  await see(thread.getByText('Hello there?')).toHaveCount(1)
})

test('after the server was killed in the middle of an answer, the answer goes on by itself', async () => {
  const words = pieces(200)
  app.upstream.plays([{ text: words, hang: 150, delayMs: 2 }, { text: ['and the rest.'] }])
  const { say, thread } = await newChat()
  await say('Count')
  await see(thread.getByText('word150')).toBeVisible()
  await restart(thread)
  await see(thread.getByText('and the rest.')).toBeVisible()
  await see(thread.getByText('word150')).toBeVisible()
  await see(thread.getByText('The server restarted here')).toBeHidden()
})

test('after the server was killed twice in one answer, the page says where it stopped and goes on', async () => {
  const parts = [
    { text: pieces(20), hang: 15 },
    { text: ['Second part ', 'never'], hang: 1 },
    { text: ['and the rest.'] },
  ]
  app.upstream.plays(parts)
  const { say, button, thread } = await newChat()
  await say('Count')
  await see(thread.getByText('word14')).toBeVisible()
  await restart(thread)
  await see(thread.getByText('Second part')).toBeVisible()
  await restart(thread)
  await see(thread.getByText('The server restarted here')).toBeVisible()
  await see(thread.getByText('Second part')).toBeVisible()
  await button('Continue').click()
  await see(thread.getByText('and the rest.')).toBeVisible()
  await see(thread.getByText('The server restarted here')).toBeHidden()
})

async function restart(thread: Locator): Promise<void> {
  // Text is stored once a second.
  await sleep(1200)
  await app.kill()
  await see(thread.getByText('reconnecting')).toBeVisible()
  await app.start()
}
