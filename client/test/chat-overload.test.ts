import { afterAll, beforeAll, expect } from 'vitest'
import { createProject, startTestApp, type TestApp } from '../../server/test/support/app.ts'
import { inOneProcess } from '../../server/test/support/replicas.ts'
import { openChat, ready, settled, storedMessages } from './support/chats.ts'

let app: TestApp

beforeAll(async () => {
  const gateBounds = { targetMs: 60, fewest: 1, first: 1, most: 1, maxWaitMs: 0 }
  app = await startTestApp({ given: { gateBounds } })
})
afterAll(() => app.close())

const patient = inOneProcess('the test holds the only place of the server that is asked')

patient(
  'a message that a busy server refuses is sent again when it asks for that, without a word to the person',
  async () => {
    const user = await app.user()
    const project = await createProject(user)
    const { turnGate } = app.server.deps
    const visit = turnGate.enter('another workspace')
    const chat = openChat({ user, project, url: app.url })
    await ready(chat)
    const phases: (string | undefined)[] = []
    let refusedAt = Number.NaN
    chat.subscribe(() => {
      phases.push(chat.getSnapshot().run?.phase)
      if (phases.at(-1) === 'reconnecting') refusedAt = performance.now()
    })
    chat.send('Hello?')
    await expect.poll(() => phases).toContain('reconnecting')
    turnGate.leave(visit)
    const { messages, session, failure } = await settled(chat, 2)
    // It was asked to wait for a second at least; the pauses of this test are shorter by themselves.
    expect(performance.now() - refusedAt).toBeGreaterThan(900)
    expect(failure).toBeNull()
    expect(messages).toEqual(await storedMessages(user, session?.id ?? ''))
  },
)
