import { contract, type Project } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../../server/test/support/app.ts'
import { ask } from '../../server/test/support/turns.ts'
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

/** A chat of two questions and answers. */
async function twoTurns() {
  app.upstream.plays([{ text: ['A1'] }, { text: ['A2'] }])
  const chat = openChat(scene())
  await ready(chat)
  chat.send('Q1')
  await settled(chat, 2)
  chat.send('Q2')
  return { chat, before: await settled(chat, 4) }
}

test('another answer takes the place of the old one, which stays beside it', async () => {
  const { chat, before } = await twoTurns()
  app.upstream.plays([{ text: ['A2 again'] }])
  chat.regenerate(idOf(before, 3))
  const after = await until(chat, (snapshot) => said(snapshot)[3] === 'A2 again')
  expect(after.messages.slice(0, 3)).toEqual(before.messages.slice(0, 3))
  expect(after.messages[3]).toMatchObject({ forked: true, state: 'complete' })
  expect((await chat.siblings(idOf(after, 3))).map(({ content }) => content)).toEqual(['A2', 'A2 again'])
  await chat.select(idOf(before, 3))
  expect(said(chat.getSnapshot())).toEqual(['Q1', 'A1', 'Q2', 'A2'])
  expect(chat.getSnapshot().messages).toEqual(await storedMessages(user, sessionIdOf(before)))
})

test('an edited first question begins another path, and selecting leads back to the whole old one', async () => {
  const { chat, before } = await twoTurns()
  app.upstream.plays([{ text: ['B1'] }])
  chat.edit(idOf(before, 0), 'Other Q1')
  expect(chat.getSnapshot().run?.question).toBe('Other Q1')
  const edited = await settled(chat, 2)
  expect(said(edited)).toEqual(['Other Q1', 'B1'])
  await chat.select(idOf(before, 0))
  expect(said(chat.getSnapshot())).toEqual(['Q1', 'A1', 'Q2', 'A2'])
  app.upstream.plays([{ text: ['A3'] }])
  chat.send('Q3')
  const after = await settled(chat, 6)
  expect(after.messages).toEqual(await storedMessages(user, sessionIdOf(after)))
})

test('an answer that was cut is carried on, its beginning shown from the first moment', async () => {
  const gate = app.upstream.gate()
  app.upstream.plays([
    { text: ['Once ', 'x'], cutAfter: 1 },
    { text: ['upon ', 'a time.'], gate, gateAfter: 1 },
  ])
  const chat = openChat(scene())
  await ready(chat)
  chat.send('A story')
  const cut = await until(chat, ({ failure }) => failure !== null)
  chat.continueAnswer(idOf(cut, 1))
  const id = await streaming(chat, 'upon ')
  expect(chat.liveText(id)).toBe('Once upon ')
  gate.open()
  const after = await settled(chat, 2)
  expect(after.messages[1]).toMatchObject({ id, content: 'Once upon a time.', state: 'complete', forked: true })
})

test('a message sent from the end of another path goes on from there', async () => {
  const { chat, before } = await twoTurns()
  app.upstream.plays([{ text: ['B2'] }])
  chat.regenerate(idOf(before, 3))
  await until(chat, (snapshot) => said(snapshot)[3] === 'B2')
  const other = openChat(scene(), { sessionId: sessionIdOf(before), around: idOf(before, 3) })
  expect(said(await ready(other))).toEqual(['Q1', 'A1', 'Q2', 'A2'])
  app.upstream.plays([{ text: ['A3'] }])
  other.send('Q3')
  expect(said(await settled(other, 6))).toEqual(['Q1', 'A1', 'Q2', 'A2', 'Q3', 'A3'])
  expect(app.upstream.requests.at(-1)?.body.messages?.map(({ content }) => content)).toContain('A2')
})

test('a conversation of 250 messages is read in windows, from its end and from its middle', async () => {
  const sessionId = await longSession(125)
  const chat = openChat(scene(), { sessionId })
  const newest = await ready(chat)
  expect(newest).toMatchObject({ hasOlder: true, hasNewer: false })
  expect([newest.messages.length, newest.messages[0]?.seq, newest.messages.at(-1)?.seq]).toEqual([50, 201, 250])
  const loading = chat.loadOlder()
  expect(chat.getSnapshot().loading).toBe('older')
  await Promise.all([loading, chat.loadOlder()])
  expect(chat.getSnapshot().messages.map(({ seq }) => seq)).toEqual(numbers(151, 250))
  for (let page = 0; page < 3; page++) await chat.loadOlder()
  expect(chat.getSnapshot()).toMatchObject({ hasOlder: false, loading: null })
  expect(chat.getSnapshot().messages.map(({ seq }) => seq)).toEqual(numbers(1, 250))

  const middle = openChat(scene(), { sessionId, around: idOf(chat.getSnapshot(), 99) })
  expect(await ready(middle)).toMatchObject({ hasOlder: true, hasNewer: true })
  expect(middle.getSnapshot().messages.map(({ seq }) => seq)).toEqual(numbers(75, 124))
  await middle.loadNewer()
  await middle.loadOlder()
  expect(middle.getSnapshot().messages.map(({ seq }) => seq)).toEqual(numbers(25, 174))
  await middle.showNewest()
  expect(middle.getSnapshot().messages.map(({ seq }) => seq)).toEqual(numbers(201, 250))
})

test('a message sent from the middle of a long conversation leads to its end', async () => {
  const sessionId = await longSession(60)
  const [, , early] = await storedMessages(user, sessionId)
  const chat = openChat(scene(), { sessionId, around: early?.id ?? '' })
  expect(await ready(chat)).toMatchObject({ hasNewer: true })
  app.upstream.plays([{ text: ['The end'] }])
  chat.send('And then?')
  const { messages } = await until(chat, ({ run, messages: shown }) => run === null && shown.at(-1)?.seq === 122)
  expect(messages.slice(-2).map(({ content }) => content)).toEqual(['And then?', 'The end'])
  expect(chat.getSnapshot().hasNewer).toBe(false)
})

test('an answer under way is joined on opening, from its beginning and to its end', async () => {
  const gate = app.upstream.gate()
  app.upstream.plays([{ text: ['one ', 'two ', 'three'], gate, gateAfter: 2 }])
  const first = openChat(scene())
  await ready(first)
  first.send('Count')
  await streaming(first, 'one two ')
  const { session } = first.getSnapshot()
  first.close()
  const later = openChat(scene(), { sessionId: session?.id ?? '' })
  await streaming(later, 'one two ')
  gate.open()
  expect(said(await settled(later, 2))).toEqual(['Count', 'one two three'])
})

test('two tabs on one session show the same stream, and the second hears of the next turn', async () => {
  const first = openChat(scene())
  await ready(first)
  app.upstream.plays([{ text: ['A1'] }])
  first.send('Q1')
  const sessionId = sessionIdOf(await settled(first, 2))
  const second = openChat(scene(), { sessionId })
  await ready(second)
  const gate = app.upstream.gate()
  app.upstream.plays([{ text: ['shared ', 'stream'], gate, gateAfter: 1 }])
  first.send('Q2')
  const id = await streaming(first, 'shared ')
  expect(await streaming(second, 'shared ')).toBe(id)
  await second.stop()
  for (const chat of [first, second]) {
    const { messages } = await settled(chat, 4)
    expect(messages.at(-1)).toMatchObject({ id, state: 'cancelled', content: 'shared ' })
  }
  gate.open()
})

test('a path selected in one tab is shown in the other', async () => {
  const { chat, before } = await twoTurns()
  const other = openChat(scene(), { sessionId: sessionIdOf(before) })
  await ready(other)
  app.upstream.plays([{ text: ['B2'] }])
  chat.regenerate(idOf(before, 3))
  await until(other, (snapshot) => said(snapshot)[3] === 'B2')
  await other.select(idOf(before, 3))
  expect(said(await until(chat, (snapshot) => said(snapshot)[3] === 'A2'))).toEqual(['Q1', 'A1', 'Q2', 'A2'])
})

test('a draft of the prompt is tried without making it the active one', async () => {
  const body = { content: 'Speak like a pirate.', activate: false }
  const draft = await user.client.call(contract.prompts.create, { params: { project_id: project.id }, body })
  const chat = openChat(scene(), { promptId: draft.id })
  await ready(chat)
  chat.send('Hello')
  await settled(chat, 2)
  expect(app.upstream.requests.at(-1)?.body.messages?.[0]).toEqual({ role: 'system', content: body.content })
})

async function longSession(turns: number): Promise<string> {
  const { session_id: sessionId } = await ask(user, project, 'Question 1')
  for (let turn = 2; turn <= turns; turn++) await ask(user, project, `Question ${turn}`, sessionId)
  return sessionId
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}
