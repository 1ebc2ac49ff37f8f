import { contract, type Project } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../../server/test/support/app.ts'
import { idOf, openChat, ready, said, sessionIdOf, settled, storedMessages, streaming, until } from './support/chats.ts'

let app: TestApp
let user: TestUser
let project: Project

beforeAll(async () => {
  app = await startTestApp()
  user = await app.user()
  project = await createProject(user)
})
afterAll(() => app.close())

const scene = () => ({ user, project })

test('a new conversation gets its session with the first message and ends as it is stored', async () => {
  app.upstream.plays([{ text: ['Grüß ', 'dich ', '👋🏽', '!'], delayMs: 5 }])
  const chat = openChat(scene())
  expect(await ready(chat)).toMatchObject({ session: null, messages: [], run: null })
  chat.send('Hallo')
  expect(chat.getSnapshot().run).toMatchObject({ phase: 'sending', question: 'Hallo', messageId: null })
  const { messages, session } = await settled(chat, 2)
  expect(messages).toEqual(await storedMessages(user, session?.id ?? ''))
  expect(messages.map(({ content }) => content)).toEqual(['Hallo', 'Grüß dich 👋🏽!'])
  const named = await until(chat, (snapshot) => snapshot.session?.title !== null)
  expect(named.session).toMatchObject({ title: 'Hallo', project_id: project.id })
})

test('text that grows is told once a frame and not by the snapshot', async () => {
  const pieces = Array.from({ length: 400 }, (_, index) => `${index} `)
  app.upstream.plays([{ text: pieces, delayMs: 0 }])
  const chat = openChat(scene())
  await ready(chat)
  chat.send('Count')
  const id = await streaming(chat, '0 ')
  const seen = { snapshots: [] as unknown[], texts: [] as string[] }
  chat.subscribe(() => void seen.snapshots.push(chat.getSnapshot()))
  chat.subscribeText(id, () => void seen.texts.push(chat.liveText(id)))
  await settled(chat, 2)
  expect(seen.snapshots.length).toBeLessThan(6)
  expect(seen.texts.length).toBeLessThan(200)
  expect(seen.texts.every((text, index) => text.startsWith(seen.texts[index - 1] ?? ''))).toBe(true)
  expect(seen.texts.at(-1)).toBe(pieces.join(''))
})

test('messages that did not change are the same objects', async () => {
  const chat = openChat(scene())
  await ready(chat)
  chat.send('One')
  const before = await settled(chat, 2)
  chat.send('Two')
  const after = await settled(chat, 4)
  expect(after.messages.slice(0, 2).every((message, index) => message === before.messages[index])).toBe(true)
  await chat.reload()
  expect(chat.getSnapshot().messages).toBe(after.messages)
})

test('stop keeps the text so far, and what was queued waits', async () => {
  app.upstream.plays([{ text: ['partial ', 'never'], hang: 1 }, { text: ['Second'] }, { text: ['Third'] }])
  const chat = openChat(scene())
  await ready(chat)
  chat.send('Stop me')
  await streaming(chat, 'partial ')
  chat.send('Later')
  const stopped = chat.stop()
  expect(chat.getSnapshot().run?.phase).toBe('stopping')
  await stopped
  const { messages, queue, failure } = await settled(chat, 2)
  expect(messages[1]).toMatchObject({ state: 'cancelled', content: 'partial ' })
  expect({ queue: queue.map(({ text }) => text), failure }).toEqual({ queue: ['Later'], failure: null })
  chat.send('First this')
  expect(said(await settled(chat, 6))).toEqual(['Stop me', 'partial ', 'First this', 'Second', 'Later', 'Third'])
})

test('a message stopped before it was accepted is stopped once it is', async () => {
  app.upstream.plays([{ hang: true }])
  const chat = openChat(scene())
  await ready(chat)
  chat.send('Never mind')
  await chat.stop()
  const { messages } = await settled(chat, 2)
  expect(messages[1]).toMatchObject({ state: 'cancelled', content: '' })
})

test('messages typed meanwhile are sent in order, each after the answer before', async () => {
  app.upstream.answers(({ body }) => ({ text: [`re: ${body.messages?.at(-1)?.content}`], delayMs: 5 }))
  const chat = openChat(scene())
  await ready(chat)
  for (const text of ['one', 'two', 'three', 'four']) chat.send(text)
  const queued = chat.getSnapshot().queue
  expect(queued.map(({ text }) => text)).toEqual(['two', 'three', 'four'])
  expect(chat.unqueue(queued[1]?.id ?? '')).toBe('three')
  expect(chat.unqueue(queued[1]?.id ?? '')).toBeUndefined()
  const end = await settled(chat, 6)
  app.upstream.answers(() => undefined)
  expect(said(end)).toEqual(['one', 're: one', 'two', 're: two', 'four', 're: four'])
})

test('an answer that the provider refuses is a failure, and retry asks the same question again', async () => {
  app.upstream.plays([{ status: 401 }, { text: ['At last'] }])
  const chat = openChat(scene())
  await ready(chat)
  chat.send('Hello')
  const failed = await until(chat, ({ failure }) => failure !== null)
  expect(failed.messages[1]).toMatchObject({ state: 'failed', error_code: 'provider_auth' })
  expect(failed.failure).toMatchObject({ problem: { code: 'provider_auth', messageId: idOf(failed, 1) } })
  chat.regenerate(idOf(failed, 1))
  const { messages, failure } = await until(chat, ({ messages: [, answer] }) => answer?.state === 'complete')
  expect({ said: messages.map(({ content }) => content), failure }).toEqual({
    said: ['Hello', 'At last'],
    failure: null,
  })
})

test('a provider that is away for a moment can be asked again with the same key', async () => {
  app.upstream.plays([{ text: ['half ', 'x'], cutAfter: 1 }, { text: ['whole'] }])
  const chat = openChat(scene())
  await ready(chat)
  chat.send('Hello')
  const failed = await until(chat, ({ failure }) => failure !== null)
  expect(failed.failure).toMatchObject({ problem: { code: 'provider_truncated' }, retry: true })
  expect(failed.messages[1]).toMatchObject({ state: 'failed', content: 'half ' })
  chat.retry()
  const done = await until(chat, ({ messages: [, answer] }) => answer?.state === 'complete')
  expect(said(done)).toEqual(['Hello', 'whole'])
  expect(done.messages[0]?.id).toBe(failed.messages[0]?.id)
})

test('what the server refuses keeps its text and is not sent again', async () => {
  const chat = openChat(scene())
  await ready(chat)
  chat.send('x'.repeat(100_001))
  const { failure, messages } = await until(chat, (snapshot) => snapshot.failure !== null)
  expect(failure).toMatchObject({ problem: { code: 'validation_failed' }, retry: false })
  expect({ length: failure?.text?.length, messages }).toEqual({ length: 100_001, messages: [] })
  chat.dismissFailure()
  expect(chat.getSnapshot().failure).toBeNull()
})

test('a session that is busy elsewhere is followed, and the message sent after it', async () => {
  const gate = app.upstream.gate()
  app.upstream.plays([{ text: ['A0'] }, { text: ['A1 ', 'end'], gate, gateAfter: 1 }, { text: ['A2'] }])
  const chat = openChat(scene(), { channel: silentChannel() })
  await ready(chat)
  chat.send('Q0')
  const sessionId = sessionIdOf(await settled(chat, 2))
  const index = app.upstream.requests.length
  const body = { project_id: project.id, session_id: sessionId, message: 'Q1' }
  const elsewhere = user.client.call(contract.chat.send, { body })
  await app.upstream.waitForRequest(index)
  chat.send('Q2')
  await streaming(chat, 'A1 ')
  expect(chat.getSnapshot().queue.map(({ text }) => text)).toEqual(['Q2'])
  gate.open()
  await elsewhere
  expect(said(await settled(chat, 6))).toEqual(['Q0', 'A0', 'Q1', 'A1 end', 'Q2', 'A2'])
})

test('a rating is shown at once and taken back when it fails', async () => {
  const chat = openChat(scene())
  await ready(chat)
  chat.send('Rate me')
  const answer = idOf(await settled(chat, 2), 1)
  const rated = chat.rate(answer, { rating: 'down', reason: 'wrong' })
  expect(chat.getSnapshot().messages[1]?.feedback).toEqual({ rating: 'down', reason: 'wrong' })
  await rated
  expect((await storedMessages(user, sessionIdOf(chat.getSnapshot())))[1]?.feedback?.reason).toBe('wrong')
  const refused = chat.rate(answer, { rating: 'up', reason: 'x'.repeat(2001) })
  expect(chat.getSnapshot().messages[1]?.feedback?.rating).toBe('up')
  await refused
  expect(chat.getSnapshot()).toMatchObject({ failure: { problem: { code: 'validation_failed' }, retry: false } })
  expect(chat.getSnapshot().messages[1]?.feedback?.rating).toBe('down')
  await chat.rate(answer, null)
  expect(chat.getSnapshot().messages[1]).not.toHaveProperty('feedback')
})

test('a session that does not exist fails to load, and says why', async () => {
  const chat = openChat(scene(), { sessionId: project.id })
  const { problem } = await until(chat, ({ status }) => status === 'failed')
  expect(problem).toMatchObject({ code: 'not_found' })
})

/** Other tabs hear nothing, nor does this one. */
function silentChannel() {
  return { postMessage() {}, addEventListener() {}, close() {} }
}
