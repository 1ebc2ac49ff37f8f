import type { Project } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../../server/test/support/app.ts'
import { addDocument } from '../../server/test/support/documents.ts'
import { openChat, ready, sessionIdOf, settled, streaming } from './support/chats.ts'

let app: TestApp
let user: TestUser
let project: Project

beforeAll(async () => {
  app = await startTestApp()
  user = await app.user()
  project = await createProject(user)
  await addDocument(app, user, project, {
    name: 'Hours.txt',
    passages: ['The shop opens at nine.', 'The shop closes at six.'],
  })
})
afterAll(() => app.close())

test('a chat knows what an answer is given while it is written, and what it cites once it is', async () => {
  const gate = app.upstream.gate()
  app.upstream.plays([{ text: ['At nine ', '[1].'], gate, gateAfter: 1 }])
  const chat = openChat({ user, project })
  await ready(chat)
  chat.send('When does the shop open?')
  await streaming(chat, 'At nine ')
  expect(chat.getSnapshot().run?.citations.map(({ file_name }) => file_name)).toEqual(['Hours.txt', 'Hours.txt'])
  gate.open()
  const { messages } = await settled(chat, 2)
  expect(messages[1]?.citations).toMatchObject([{ number: 1, file_name: 'Hours.txt', state: 'available' }])
})

test('a chat that joins an answer under way is told as well', async () => {
  const gate = app.upstream.gate()
  app.upstream.plays([{ text: ['At six ', '[2].'], gate, gateAfter: 1 }])
  const first = openChat({ user, project })
  await ready(first)
  first.send('When does the shop close?')
  await streaming(first, 'At six ')
  const second = openChat({ user, project }, { sessionId: sessionIdOf(first.getSnapshot()) })
  await streaming(second, 'At six ')
  expect(second.getSnapshot().run?.citations).toHaveLength(2)
  gate.open()
  expect((await settled(second, 2)).messages[1]?.citations).toHaveLength(1)
})
