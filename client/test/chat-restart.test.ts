import type { ChannelLike, ChatSession } from '@chatbot-platform/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../../server/test/support/app.ts'
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

test('a server that is killed in the middle of an answer: it is carried on where it stopped, and the queue goes on', {
  timeout: 60_000,
}, async () => {
  upstream.plays([{ text: ['Once upon ', 'never'], hang: 1 }, { text: ['a time 👋🏽'] }])
  const { user, chat, sessionId } = await cutOff()
  const other = openChat({ user, project: chat.project, url: line.url }, { sessionId })
  await until(other, ({ run }) => run?.phase === 'streaming')
  chat.send('And then?')
  await restart(chat)
  const done = await until(chat, ({ run, messages }) => run === null && messages.length === 4, givenUpMs)
  expect(done.messages.slice(0, 3)).toMatchObject([
    { content: 'A story' },
    { content: 'Once upon a time 👋🏽', state: 'complete' },
    { content: 'And then?' },
  ])
  expect(done.messages).toEqual(await storedMessages(user, sessionId))
  expect(await chat.siblings(idOf(done, 1))).toMatchObject([
    { state: 'interrupted', content: 'Once upon ' },
    { state: 'complete', content: 'Once upon a time 👋🏽' },
  ])
})

test('an answer that is cut off twice says where it stopped, and is carried on when somebody asks', {
  timeout: 120_000,
}, async () => {
  upstream.plays([
    { text: ['Once upon ', 'never'], hang: 1 },
    { text: ['a time ', 'never'], hang: 1 },
    { text: ['there was'] },
  ])
  const { user, chat, sessionId } = await cutOff()
  await restart(chat)
  await until(chat, ({ run }) => run?.phase === 'streaming', givenUpMs)
  await stored(user, sessionId, 'Once upon a time ')
  const late = openChat({ user, project: chat.project, url: line.url }, { sessionId })
  await until(late, ({ run }) => run?.phase === 'streaming')
  chat.send('And then?')
  await restart(chat)
  const cut = await until(chat, ({ run }) => run === null, givenUpMs)
  expect(cut.messages[1]).toMatchObject({ state: 'interrupted', content: 'Once upon a time ' })
  expect(cut).toMatchObject({
    failure: { problem: { code: 'interrupted' }, retry: true },
    queue: [{ text: 'And then?' }],
  })
  // Neither does a tab that has only seen the second half carry it on.
  await until(late, ({ run }) => run === null)
  expect(await chat.siblings(idOf(cut, 1))).toHaveLength(2)
  chat.continueAnswer(idOf(cut, 1))
  const done = await until(chat, ({ run, messages }) => run === null && messages.length === 4)
  expect(done.messages[1]).toMatchObject({ content: 'Once upon a time there was', state: 'complete' })
})

test('a device that slept does not carry on an answer that the conversation has left behind', {
  timeout: 60_000,
}, async () => {
  upstream.plays([{ text: ['Once upon ', 'never'], hang: 1 }, { text: ['And then the end.'] }])
  const { user, chat, sessionId } = await cutOff()
  await server.kill()
  await until(chat, ({ run }) => run?.phase === 'reconnecting')
  server = await spawn()
  await expect
    .poll(async () => (await storedMessages(user, sessionId))[1]?.state, { timeout: givenUpMs })
    .toBe('interrupted')
  const elsewhere = openChat({ user, project: chat.project, url: server.url }, { sessionId, channel: nobody })
  await ready(elsewhere)
  elsewhere.send('And then?')
  const gone = await until(elsewhere, ({ run, messages }) => run === null && messages.length === 4)
  line.leadTo(server.url)
  const woken = await until(chat, ({ run, messages }) => run === null && messages.length === 4)
  expect(woken.messages).toEqual(gone.messages)
  expect(woken.failure).toBeNull()
  expect(await chat.siblings(idOf(woken, 1))).toHaveLength(1)
})

test('an answer that was stopped in another tab is not carried on', { timeout: 60_000 }, async () => {
  upstream.plays([{ text: ['Once upon ', 'never'], hang: 1 }, { text: ['a time'] }])
  const { user, chat, sessionId } = await cutOff()
  const other = openChat({ user, project: chat.project, url: line.url }, { sessionId })
  await until(other, ({ run }) => run?.phase === 'streaming')
  await server.kill()
  for (const one of [chat, other]) await until(one, ({ run }) => run?.phase === 'reconnecting')
  void chat.stop()
  server = await spawn()
  line.leadTo(server.url)
  for (const one of [chat, other]) await until(one, ({ run }) => run === null, givenUpMs)
  expect(await storedMessages(user, sessionId)).toMatchObject([{}, { state: 'interrupted', content: 'Once upon ' }])
  expect(await chat.siblings(idOf(chat.getSnapshot(), 1))).toHaveLength(1)
})

/** A conversation in the middle of its first answer, of which a part is stored. */
async function cutOff() {
  const user = await app.user()
  const project = await createProject(user)
  const chat = Object.assign(openChat({ user, project, url: line.url }), { project })
  await ready(chat)
  chat.send('A story')
  await streaming(chat, 'Once upon ')
  const sessionId = sessionIdOf(chat.getSnapshot())
  await stored(user, sessionId, 'Once upon ')
  return { user, chat, sessionId }
}

/** What has come is stored within a second. */
async function stored(user: TestUser, sessionId: string, text: string): Promise<void> {
  await expect.poll(async () => (await storedMessages(user, sessionId))[1]?.content, { timeout: 5000 }).toBe(text)
}

/** As of another device. */
const nobody: ChannelLike = {
  postMessage: () => undefined,
  addEventListener: () => undefined,
  close: () => undefined,
}

async function restart(chat: ChatSession): Promise<void> {
  await server.kill()
  await until(chat, ({ run }) => run?.phase === 'reconnecting')
  server = await spawn()
  line.leadTo(server.url)
}

function spawn(): Promise<SpawnedApp> {
  const settings = { OPENAI_COMPATIBLE_BASE_URL: `${upstream.url}/v1`, LLM_MODEL: 'test-model' }
  return spawnApp(app.database.runtimeUrl, settings)
}
