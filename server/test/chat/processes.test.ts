import { readEvents } from '@chatbot-platform/client'
import { contract, type Project } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'

// Two servers on one database, as behind a balancer.
let here: TestApp
let there: TestApp
let user: TestUser
let project: Project

beforeAll(async () => {
  here = await startTestApp()
  there = await startTestApp({ database: here.database })
  user = await here.user()
  project = await createProject(user)
})
afterAll(async () => {
  await there.close()
  await here.close()
})

test('a reader of another process sees the text grow and end', async () => {
  const gate = here.upstream.gate()
  here.upstream.plays([{ text: ['one ', 'two'], gate, gateAfter: 1 }])
  const { answerId } = await startAnswer()
  const events = await attachThere(answerId)
  expect((await events.next()).value).toMatchObject({ event: 'delta', data: { text: 'one ' }, id: 4 })
  const opened = performance.now()
  gate.open()
  expect((await events.next()).value).toMatchObject({ event: 'delta', data: { text: 'two' }, id: 7 })
  // Far below the second that looking without word from the writer takes.
  expect(performance.now() - opened).toBeLessThan(900)
  expect((await events.next()).value).toMatchObject({
    event: 'done',
    data: { assistant_message: { content: 'one two' } },
  })
})

test('cancelling at another process stops the model call', async () => {
  here.upstream.plays([{ text: ['some ', 'never'], hang: 1 }])
  const { answerId, index } = await startAnswer()
  const request = await here.upstream.waitForRequest(index)
  await (await attachThere(answerId)).next()
  const elsewhere = there.as(user.token)
  const cancelled = await elsewhere.call(contract.chat.cancel, { params: { message_id: answerId } })
  expect(cancelled).toMatchObject({ state: 'cancelled', content: 'some ' })
  await request.closed
  const stored = await user.client.call(contract.chat.message, { params: { message_id: answerId } })
  expect(stored).toEqual(cancelled)
})

test('a session is busy for every process, and the key of its turn is known to all', async () => {
  const gate = here.upstream.gate()
  here.upstream.plays([{ text: ['shared'], gate }])
  const headers = { 'idempotency-key': 'everywhere' }
  const body = { project_id: project.id, message: 'Hello' }
  const index = here.upstream.requests.length
  const first = user.client.call(contract.chat.send, { headers, body })
  await here.upstream.waitForRequest(index)
  const second = there.as(user.token).call(contract.chat.send, { headers, body })
  gate.open()
  expect(await second).toEqual(await first)
})

async function startAnswer() {
  const index = here.upstream.requests.length
  const body = { project_id: project.id, message: 'Hello', stream: true }
  const response = await user.client.send(contract.chat.send, { body })
  const { value } = await readEvents(response.body ?? new ReadableStream()).next()
  if (value?.event !== 'accepted') throw new Error('the turn was not accepted')
  return { answerId: value.data.assistant_message.id, index }
}

async function attachThere(answerId: string) {
  const response = await there.as(user.token).send(contract.chat.attach, { params: { message_id: answerId } })
  return readEvents(response.body ?? new ReadableStream())
}
