import { contract, type Project } from '@chatbot-platform/contract'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { files } from '../../src/modules/files/files.table.ts'
import { withSession } from '../../src/platform/database/session.ts'
import { untilRead, uploadOne } from '../files/uploads.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { addDocument } from '../support/documents.ts'
import { ask, messagesOf } from '../support/turns.ts'
import { scopeOf } from '../usage/usage-events.ts'

let app: TestApp
let user: TestUser

beforeAll(async () => {
  app = await startTestApp()
  user = await app.user()
})
afterAll(() => app.close())

const question = 'What is the secret ingredient of the soup?'
const document = {
  name: 'Secret-recipe.txt',
  passages: [{ text: 'The soup has a secret ingredient: nutmeg.', heading: 'Nutmeg' }],
}

async function answered() {
  const project = await createProject(user)
  const fileId = await addDocument(app, user, project, document)
  app.upstream.plays([{ text: ['It is in the recipe [1].'] }])
  const turn = await ask(user, project, question)
  expect(turn.assistant_message.citations).toMatchObject([{ state: 'available', heading: 'Nutmeg' }])
  return { project, fileId, sessionId: turn.session_id, answerId: turn.assistant_message.id }
}

test('a deleted document is gone from the next answer, from old ones and from the search', async () => {
  const { project, fileId, sessionId, answerId } = await answered()
  const params = { message_id: answerId }
  const select = () => user.client.call(contract.chat.select, { params, headers: { 'idempotency-key': 'select' } })
  await select()
  await user.client.call(contract.files.remove, { params: { project_id: project.id, file_id: fileId } })
  const [, old] = await messagesOf(user, sessionId)
  const gone = { number: 1, state: 'deleted', file_id: null, file_name: null, url: null, page: null, heading: null }
  expect(old?.citations).toMatchObject([gone])
  for (const message of [old, await select(), await user.client.call(contract.chat.message, { params })])
    expect(JSON.stringify(message)).not.toMatch(/Secret-recipe|Nutmeg/i)
  expect(await keptResponses('Secret-recipe')).toBe(0)
  expect(await exported(sessionId)).toContain('- \\[1\\] (the document was deleted)')
  await ask(user, project, question)
  expect(JSON.stringify(app.upstream.requests.at(-1)?.body)).not.toMatch(/nutmeg/i)
  expect(await found(project)).toEqual([])
})

test('an uploaded document is cited as soon as it is read', async () => {
  const project = await createProject(user)
  const file = await uploadOne(user, project, 'Prices.md', '# Prices\n\n## Lamps\n\nThe lamp Aurora costs 49 euros.\n')
  expect(await untilRead(user, file)).toMatchObject({ state: 'ready' })
  app.upstream.plays([{ text: ['49 euros [1].'] }])
  const { assistant_message: answer } = await ask(user, project, 'How many euros does the lamp Aurora cost?')
  expect(answer.citations).toMatchObject([{ number: 1, file_id: file.id, file_name: 'Prices.md', state: 'available' }])
})

test('a document that has changed is named, but shows no passage that may be another', async () => {
  const { fileId, sessionId } = await answered()
  await app.server.deps.db.tenant(scopeOf(user), (tx) =>
    tx.update(files).set({ version: 2 }).where(eq(files.id, fileId)),
  )
  const [, old] = await messagesOf(user, sessionId)
  expect(old?.citations).toMatchObject([
    { state: 'changed', file_id: fileId, file_name: document.name, heading: null, page: null },
  ])
})

test('an answer that is carried on says nothing of a document that was deleted meanwhile', async () => {
  const { project, fileId, answerId } = await answered()
  await user.client.call(contract.files.remove, { params: { project_id: project.id, file_id: fileId } })
  app.upstream.plays([{ text: [' So it is.'] }])
  const { assistant_message: whole } = await user.client.call(contract.chat.continue, {
    params: { message_id: answerId },
    body: {},
  })
  expect(JSON.stringify(app.upstream.requests.at(-1)?.body)).not.toMatch(/nutmeg/i)
  expect(whole.citations).toMatchObject([{ number: 1, state: 'deleted', file_name: null }])
})

async function found({ id }: Project) {
  const body = { query: 'secret ingredient soup' }
  return (await user.client.call(contract.knowledge.search, { params: { project_id: id }, body })).passages
}

/** How many answers that are kept for repeated requests hold a word. */
function keptResponses(word: string): Promise<number | null> {
  const sql = 'SELECT 1 FROM idempotency_keys WHERE strpos(response, $1) > 0'
  return withSession(app.database.superuserUrl, async (client) => (await client.query(sql, [word])).rowCount)
}

async function exported(id: string): Promise<string> {
  const headers = { authorization: `Bearer ${user.token}` }
  return (await fetch(`${app.url}/sessions/${id}/export`, { headers })).text()
}
