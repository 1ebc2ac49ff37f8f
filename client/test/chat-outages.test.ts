import { setTimeout as sleep } from 'node:timers/promises'
import { contract, type Project } from '@chatbot-platform/contract'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../../server/test/support/app.ts'
import { ask } from '../../server/test/support/turns.ts'
import { browserPage } from './support/browser-page.ts'
import {
  allMessages,
  memoryStorage,
  openChat,
  ready,
  said,
  sessionIdOf,
  settled,
  storedMessages,
  streaming,
  until,
} from './support/chats.ts'
import { type Line, openLineTo } from './support/line.ts'

let app: TestApp
let user: TestUser
let project: Project
let line: Line

beforeAll(async () => {
  app = await startTestApp()
  user = await app.user()
})
afterAll(() => app.close())
beforeEach(async () => {
  project = await createProject(user)
  line = await openLineTo(app.url)
})
afterEach(() => line.close())

const scene = () => ({ user, project, url: line.url })

/** Characters of one to four bytes, so that a cut meets the middle of every kind. */
const pieces = Array.from({ length: 300 }, (_, index) => `${index}·é€👩🏽‍💻 `)

test('a line that is cut again and again loses and doubles nothing', async () => {
  app.upstream.plays([{ text: pieces, delayMs: 3 }])
  const chat = openChat(scene())
  await ready(chat)
  chat.send('Tell me')
  const id = await streaming(chat, '👩🏽‍💻')
  const phases = new Set<string | undefined>()
  chat.subscribe(() => phases.add(chat.getSnapshot().run?.phase))
  const texts: string[] = []
  chat.subscribeText(id, () => void texts.push(chat.liveText(id)))
  for (let cut = 1; cut <= 12; cut++) {
    line.cutAfterBytes(cut * 137)
    await sleep(50)
  }
  expect(chat.getSnapshot().run).not.toBeNull()
  const { messages, session } = await settled(chat, 2)
  expect([...phases]).toEqual(expect.arrayContaining(['reconnecting', 'streaming']))
  expect(texts.every((text, index) => text.startsWith(texts[index - 1] ?? ''))).toBe(true)
  expect(messages[1]?.content).toBe(pieces.join(''))
  expect(texts.at(-1)).toBe(pieces.join(''))
  expect(messages).toEqual(await storedMessages(user, session?.id ?? ''))
})

test('a line on which not even a ping comes is given up for another', async () => {
  const gate = app.upstream.gate()
  app.upstream.plays([{ text: ['before ', 'after'], gate, gateAfter: 1 }])
  const chat = openChat(scene(), { timing: { idleMs: 300 } })
  await ready(chat)
  chat.send('Tell me')
  await streaming(chat, 'before ')
  line.freeze()
  gate.open()
  await until(chat, ({ run }) => run?.phase === 'reconnecting')
  line.comeBack()
  expect(said(await settled(chat, 2))).toEqual(['Tell me', 'before after'])
})

test.each([1, 3])('a message whose acknowledgement is lost %i times is one message', async (times) => {
  app.upstream.plays([{ text: ['Once'], delayMs: 5 }])
  const chat = openChat(scene())
  await ready(chat)
  const asked = app.upstream.requests.length
  line.loseAnswers(times)
  chat.send('Hello')
  const { session } = await settled(chat, 2)
  expect(said(chat.getSnapshot())).toEqual(['Hello', 'Once'])
  expect(await allMessages(user, session?.id ?? '')).toHaveLength(2)
  const sessions = await user.client.call(contract.sessions.list, { params: { project_id: project.id }, query: {} })
  expect({ sessions: sessions.length, calls: app.upstream.requests.length - asked }).toEqual({ sessions: 1, calls: 1 })
})

test('a message that reaches nobody is a failure with its text, and retry sends it once', async () => {
  const chat = openChat(scene(), { timing: { sendPatienceMs: 200 } })
  await ready(chat)
  line.goDown()
  chat.send('Anybody?')
  await until(chat, ({ run }) => run?.phase === 'reconnecting')
  const { failure, run } = await until(chat, (snapshot) => snapshot.failure !== null)
  expect({ failure, run }).toMatchObject({
    failure: { problem: { code: 'offline' }, text: 'Anybody?', retry: true },
    run: null,
  })
  line.comeBack()
  chat.retry()
  expect((await settled(chat, 2)).messages[0]?.content).toBe('Anybody?')
  expect(chat.getSnapshot().failure).toBeNull()
})

test('after a message that did not get through, the next one comes second', async () => {
  const chat = openChat(scene(), { timing: { sendPatienceMs: 100 } })
  await ready(chat)
  line.goDown()
  chat.send('first')
  await until(chat, ({ failure }) => failure !== null)
  line.comeBack()
  app.upstream.plays([{ text: ['A1'] }, { text: ['A2'] }])
  chat.send('second')
  expect(said(await settled(chat, 4))).toEqual(['first', 'A1', 'second', 'A2'])
})

test('a message given up while nobody answers is not sent behind its writer', async () => {
  const storage = memoryStorage()
  const chat = openChat(scene(), { storage })
  await ready(chat)
  line.goDown()
  chat.send('Never mind')
  await until(chat, ({ run }) => run?.phase === 'reconnecting')
  await chat.stop()
  expect(chat.getSnapshot()).toMatchObject({ run: null, failure: { text: 'Never mind', retry: true } })
  expect(storage.size()).toBe(0)
})

test('what was not acknowledged before a reload is sent after it, and the queue follows', async () => {
  const storage = memoryStorage()
  const chat = openChat(scene(), { storage })
  await ready(chat)
  line.loseAnswers(1)
  const asked = app.upstream.requests.length
  app.upstream.plays([{ text: ['A1'] }, { text: ['A2'] }])
  chat.send('first')
  chat.send('second')
  // The server has got it, and the page goes before it hears of that.
  await app.upstream.waitForRequest(asked)
  chat.close()
  expect(storage.size()).toBe(1)
  const reloaded = openChat(scene(), { storage })
  expect(reloaded.getSnapshot().queue.map(({ text }) => text)).toEqual(['second'])
  const end = await settled(reloaded, 4)
  expect(said(end)).toEqual(['first', 'A1', 'second', 'A2'])
  expect(await allMessages(user, sessionIdOf(end))).toHaveLength(4)
  expect(storage.size()).toBe(0)
})

test('a text that waited for more than a day is kept, but not sent by itself', async () => {
  const storage = memoryStorage()
  const before = openChat(scene(), { storage, now: () => Date.now() - 25 * 3_600_000 })
  await ready(before)
  line.goDown()
  before.send('Old news')
  before.close()
  line.comeBack()
  const chat = openChat(scene(), { storage })
  await ready(chat)
  expect(chat.getSnapshot()).toMatchObject({ run: null, queue: [{ text: 'Old news' }] })
})

test('a conversation that cannot be loaded is loaded once the network is back', async () => {
  const turn = await ask(user, project, 'Hello')
  const page = browserPage()
  line.goDown()
  const chat = openChat(scene(), { sessionId: turn.session_id, page })
  const { problem } = await until(chat, ({ status }) => status === 'failed')
  expect(problem).toMatchObject({ code: 'offline' })
  line.comeBack()
  page.comeOnline()
  expect((await ready(chat)).messages).toHaveLength(2)
})

test('a page that comes online does not sit out its pause', async () => {
  const gate = app.upstream.gate()
  app.upstream.plays([{ text: ['before ', 'after'], gate, gateAfter: 1 }])
  const page = browserPage()
  const chat = openChat(scene(), { page, timing: { firstPauseMs: 60_000, longestPauseMs: 60_000 } })
  await ready(chat)
  chat.send('Tell me')
  await streaming(chat, 'before ')
  line.cut()
  await until(chat, ({ run }) => run?.phase === 'reconnecting')
  gate.open()
  page.comeOnline()
  expect(said(await settled(chat, 2))).toEqual(['Tell me', 'before after'])
})

test('a page that was hidden for long sees what happened meanwhile', async () => {
  const { session_id: sessionId } = await ask(user, project, 'Q1')
  const page = browserPage()
  const chat = openChat(scene(), { sessionId, page, timing: { awayMs: 20 } })
  await ready(chat)
  page.hide()
  await ask(user, project, 'Q2', sessionId)
  await sleep(30)
  page.show()
  const { messages } = await settled(chat, 4)
  expect(messages[2]?.content).toBe('Q2')
})

test('older messages that could not be loaded are loaded by retry', async () => {
  const { session_id: sessionId } = await ask(user, project, 'Q1')
  for (let turn = 2; turn <= 30; turn++) await ask(user, project, `Q${turn}`, sessionId)
  const chat = openChat(scene(), { sessionId })
  await ready(chat)
  line.goDown()
  await chat.loadOlder()
  expect(chat.getSnapshot()).toMatchObject({ loading: null, failure: { problem: { code: 'offline' }, retry: true } })
  line.comeBack()
  chat.retry()
  await until(chat, ({ hasOlder }) => !hasOlder)
  expect(chat.getSnapshot()).toMatchObject({ failure: null, messages: { length: 60 } })
})
