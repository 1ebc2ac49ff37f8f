import { type Attachment, contract, type Project } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../../server/test/support/app.ts'
import { imageFile } from '../../server/test/support/images.ts'
import { openChat, ready, settled, until } from './support/chats.ts'

let app: TestApp
let user: TestUser
let project: Project

beforeAll(async () => {
  app = await startTestApp({ env: { RUN_JOBS: 'false' } })
  user = await app.user()
  project = await createProject(user)
})
afterAll(() => app.close())

const upload = (): Promise<Attachment> => {
  const params = { project_id: project.id }
  return user.client.call(contract.attachments.upload, { params, body: { file: imageFile() } })
}

test('a message takes its images along, on its way, in the queue and back from there', async () => {
  const [one, two, three] = [await upload(), await upload(), await upload()]
  const gate = app.upstream.gate()
  app.upstream.plays([{ gate }])
  const chat = openChat({ user, project })
  await ready(chat)
  chat.send('First', [one])
  expect(chat.getSnapshot().run?.attachments).toEqual([one])
  chat.send('Second', [two])
  chat.send('Third', [three])
  const [second, third] = chat.getSnapshot().queue
  expect(chat.takeBack(third?.id ?? '')).toEqual({ id: third?.id, text: 'Third', attachments: [three] })
  expect(second?.attachments).toEqual([two])
  gate.open()
  const { messages } = await settled(chat, 4)
  expect(messages.map(({ attachments }) => attachments)).toEqual([[one], undefined, [two], undefined])
})

test('what was refused gives its images back, and an edit can leave one out', async () => {
  const [one, two] = [await upload(), await upload()]
  const chat = openChat({ user, project })
  await ready(chat)
  chat.send('Look', [{ ...one, id: project.id }, two])
  const { failure } = await until(chat, (snapshot) => snapshot.failure !== null)
  expect([failure?.text, failure?.attachments?.[1]]).toEqual(['Look', two])
  chat.dismissFailure()
  chat.send('Look again', [one, two])
  const before = await settled(chat, 2)
  chat.edit(before.messages[0]?.id ?? '', 'Only this', [two])
  const after = await until(chat, ({ messages, run }) => run === null && messages[0]?.content === 'Only this')
  expect(after.messages[0]?.attachments).toEqual([{ ...two, id: expect.any(String) }])
})
