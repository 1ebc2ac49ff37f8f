import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp } from '../../server/test/support/app.ts'
import { type SpawnedApp, spawnApp } from '../../server/test/support/spawned-app.ts'
import { startUpstream, type Upstream } from '../../server/test/support/upstream.ts'
import { idOf, openChat, ready, sessionIdOf, storedMessages, streaming, until } from './support/chats.ts'
import { type Line, openLineTo } from './support/line.ts'

let app: TestApp
let upstream: Upstream
let server: SpawnedApp
let line: Line

beforeAll(async () => {
  app = await startTestApp()
  upstream = await startUpstream()
  server = await spawn()
  line = await openLineTo(server.url)
})
afterAll(async () => {
  await line.close()
  await server.kill()
  await upstream.close()
  await app.close()
})

// The lease of an answer lasts 15 s and is looked after every 5 s.
const givenUpMs = 30_000

test('a server that is killed in the middle of an answer: it says where it stopped, and is carried on', {
  timeout: 60_000,
}, async () => {
  upstream.plays([{ text: ['Once upon ', 'never'], hang: 1 }, { text: ['a time 👋🏽'] }])
  const user = await app.user()
  const chat = openChat({ user, project: await createProject(user), url: line.url })
  await ready(chat)
  chat.send('A story')
  await streaming(chat, 'Once upon ')
  chat.send('And then?')
  const sessionId = sessionIdOf(chat.getSnapshot())
  // What has come is stored within a second.
  await expect.poll(async () => (await storedMessages(user, sessionId))[1]?.content, { timeout: 5000 }).not.toBe('')
  await server.kill()
  await until(chat, ({ run }) => run?.phase === 'reconnecting')
  server = await spawn()
  line.leadTo(server.url)
  const cut = await until(chat, ({ run }) => run === null, givenUpMs)
  expect(cut.messages[1]).toMatchObject({ state: 'interrupted', content: 'Once upon ' })
  expect(cut).toMatchObject({
    failure: { problem: { code: 'interrupted' }, retry: true },
    queue: [{ text: 'And then?' }],
  })
  chat.continueAnswer(idOf(cut, 1))
  const done = await until(chat, ({ run, messages }) => run === null && messages.length === 4)
  expect(done.messages.slice(0, 3)).toMatchObject([
    { content: 'A story' },
    { content: 'Once upon a time 👋🏽', state: 'complete' },
    { content: 'And then?' },
  ])
  expect(done.messages).toEqual(await storedMessages(user, sessionId))
})

function spawn(): Promise<SpawnedApp> {
  const settings = { OPENAI_COMPATIBLE_BASE_URL: `${upstream.url}/v1`, LLM_MODEL: 'test-model' }
  return spawnApp(app.database.runtimeUrl, settings)
}
