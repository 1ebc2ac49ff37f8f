import { type ChatTurn, contract, type Project } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withSession } from '../../src/platform/database/session.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { ask, messagesOf, problemOf } from '../support/turns.ts'

let app: TestApp
let user: TestUser
let project: Project

beforeAll(async () => {
  app = await startTestApp()
  user = await app.user()
  project = await createProject(user)
})
afterAll(() => app.close())

/** A conversation whose answer a server left unfinished. */
async function interrupted(text = 'Once upon '): Promise<ChatTurn> {
  app.upstream.plays([{ text: [text] }, { text: ['a time.'] }])
  const turn = await ask(user, project, 'A story')
  await interrupt(turn.assistant_message.id, text)
  return turn
}

async function interrupt(id: string, text: string): Promise<void> {
  await withSession(app.database.superuserUrl, (session) =>
    session.query("UPDATE messages SET state = 'interrupted', error_code = 'interrupted', content = $2 WHERE id = $1", [
      id,
      text,
    ]),
  )
}

function carryOn(id: string, { automatic = true, key = `carry-on-${id}` } = {}): Promise<ChatTurn> {
  const headers = { 'idempotency-key': key }
  return user.client.call(contract.chat.continue, { params: { message_id: id }, body: { automatic }, headers })
}

const siblings = (id: string) => user.client.call(contract.chat.siblings, { params: { message_id: id } })

test('an interrupted answer is carried on once, for all who ask with its key', async () => {
  const { assistant_message: cut } = await interrupted()
  const [one, other] = await Promise.all([carryOn(cut.id), carryOn(cut.id)])
  expect(one.assistant_message.id).toBe(other.assistant_message.id)
  expect(await carryOn(cut.id)).toMatchObject({
    assistant_message: { id: one.assistant_message.id, state: 'complete', content: 'Once upon a time.' },
  })
  expect(await siblings(cut.id)).toHaveLength(2)
})

test('one whose sequel was interrupted too needs somebody who asks', async () => {
  const { assistant_message: cut, session_id: sessionId } = await interrupted()
  const { assistant_message: sequel } = await carryOn(cut.id)
  await interrupt(sequel.id, 'Once upon a')
  app.upstream.plays([{ text: [' time.'] }])
  for (const id of [cut.id, sequel.id]) expect(await problemOf(carryOn(id))).toMatchObject({ code: 'conflict' })
  expect(await siblings(cut.id)).toHaveLength(2)
  await carryOn(sequel.id, { automatic: false, key: 'by-hand' })
  expect((await messagesOf(user, sessionId)).at(-1)?.content).toBe('Once upon a time.')
})

test('one that the conversation has left behind is left there, also by a late repetition', async () => {
  const { assistant_message: cut, session_id: sessionId } = await interrupted()
  await carryOn(cut.id)
  app.upstream.plays([{ text: ['It ends.'] }])
  await ask(user, project, 'And then?', sessionId)
  const path = await messagesOf(user, sessionId)
  expect(await problemOf(carryOn(cut.id))).toMatchObject({ code: 'conflict', status: 409 })
  expect(await problemOf(carryOn(cut.id, { key: 'another' }))).toMatchObject({ code: 'conflict' })
  expect(await messagesOf(user, sessionId)).toEqual(path)
})

test('one that has ended in another way is not carried on by itself', async () => {
  app.upstream.plays([{ text: ['All of it.'] }])
  const { assistant_message: answer } = await ask(user, project, 'A story')
  expect(await problemOf(carryOn(answer.id))).toMatchObject({ code: 'conflict' })
})

test('an answer of a draft that was interrupted before its first word is answered by that draft', async () => {
  const params = { project_id: project.id }
  const prompt = await user.client.call(contract.prompts.create, { params, body: { content: 'You are a draft.' } })
  app.upstream.plays([{ text: ['Never.'] }, { text: ['At last.'] }])
  const body = { project_id: project.id, message: 'A story', prompt_id: prompt.id }
  const { assistant_message: cut } = await user.client.call(contract.chat.send, { body })
  await interrupt(cut.id, '')
  await carryOn(cut.id)
  expect(app.upstream.requests.at(-1)?.body.messages?.[0]?.content).toBe('You are a draft.')
})
