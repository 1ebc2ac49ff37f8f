import { setTimeout as sleep } from 'node:timers/promises'
import { readEvents } from '@chatbot-platform/client'
import { contract, type Project } from '@chatbot-platform/contract'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withSession } from '../../src/platform/database/session.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { addDocument } from '../support/documents.ts'
import { ask, messagesOf, problemOf } from '../support/turns.ts'

let app: TestApp
let user: TestUser
let open: Project
let strict: Project

beforeAll(async () => {
  app = await startTestApp()
  user = await app.user()
  open = await createProject(user)
  strict = await createProject(user, { grounding: 'documents_only' })
  for (const project of [open, strict])
    await addDocument(app, user, project, { name: 'Hours.txt', passages: ['The shop opens at nine.'] })
})
afterAll(() => app.close())

const question = 'When does the shop open?'

test('a search that fails leaves the answer without documents, or fails it where it needs them', async () => {
  await asSuperuser('ALTER TABLE passage_words RENAME TO passage_words_away')
  try {
    const { assistant_message: answer } = await ask(user, open, question)
    expect(answer).toMatchObject({ state: 'complete', content: 'Hello there.' })
    expect(app.upstream.requests.at(-1)?.body.messages).toEqual([{ role: 'user', content: question }])
    const problem = await problemOf(ask(user, strict, question))
    expect(problem).toMatchObject({ status: 503, code: 'knowledge_unavailable', message: { content: question } })
    expect(JSON.stringify(problem)).not.toContain('passage_words')
    const events = await streamed(strict)
    expect(events.at(-1)).toMatchObject({ event: 'error', data: { code: 'knowledge_unavailable', retryable: true } })
  } finally {
    await asSuperuser('ALTER TABLE passage_words_away RENAME TO passage_words')
  }
  const { assistant_message: again } = await ask(user, strict, question)
  expect(again.state).toBe('complete')
})

test('the acknowledgement waits for no search, and a search that hangs can be cancelled', async () => {
  const lock = new pg.Client({ connectionString: app.database.superuserUrl })
  await lock.connect()
  await lock.query('BEGIN; LOCK TABLE passage_words IN ACCESS EXCLUSIVE MODE')
  const body = { project_id: open.id, message: question }
  const headers = { prefer: 'respond-async' }
  const { assistant_message: pending, session_id: id } = await user.client.call(contract.chat.send, { body, headers })
  expect(pending.state).toBe('pending')
  await sleep(300)
  const cancelled = await user.client.call(contract.chat.cancel, { params: { message_id: pending.id } })
  expect(cancelled.state).toBe('cancelled')
  await lock.query('ROLLBACK')
  await lock.end()
  expect(await messagesOf(user, id)).toMatchObject([{ role: 'user' }, { state: 'cancelled', content: '' }])
})

test('an answer that was ended elsewhere while its passages were looked for asks no model', async () => {
  const lock = new pg.Client({ connectionString: app.database.superuserUrl })
  await lock.connect()
  await lock.query('BEGIN; LOCK TABLE passage_words IN ACCESS EXCLUSIVE MODE')
  const body = { project_id: open.id, message: question }
  const before = app.upstream.requests.length
  const { assistant_message: pending } = await user.client.call(contract.chat.send, {
    body,
    headers: { prefer: 'respond-async' },
  })
  await asSuperuser(
    `UPDATE messages SET state = 'interrupted', error_code = 'interrupted', lease_until = NULL WHERE id = '${pending.id}'`,
  )
  await lock.query('ROLLBACK')
  await lock.end()
  const attached = await user.client.send(contract.chat.attach, { params: { message_id: pending.id } })
  const events = await all(attached)
  expect(events.at(-1)).toMatchObject({ event: 'error', data: { code: 'interrupted' } })
  expect(app.upstream.requests.length).toBe(before)
  expect(await asSuperuser(`SELECT 1 FROM citations WHERE message_id = '${pending.id}'`)).toBe(0)
})

async function streamed(project: Project) {
  const body = { project_id: project.id, message: question, stream: true }
  return all(await user.client.send(contract.chat.send, { body }))
}

async function all({ body }: Response) {
  const events = []
  for await (const event of readEvents(body ?? new ReadableStream())) events.push(event)
  return events
}

/** Returns how many rows there were. */
function asSuperuser(sql: string): Promise<number | null> {
  return withSession(app.database.superuserUrl, async (client) => (await client.query(sql)).rowCount)
}
