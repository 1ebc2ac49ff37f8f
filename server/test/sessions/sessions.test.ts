import { contract, type Project } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { ask, problemOf } from '../support/turns.ts'

let app: TestApp
let user: TestUser
let project: Project

beforeAll(async () => {
  app = await startTestApp()
  app.upstream.answers(() => ({ text: ['ok'] }))
  user = await app.user()
  project = await createProject(user)
})
afterAll(() => app.close())

const question = 'When do you open on Sundays? Thanks.'
const automatic = 'When do you open on Sundays?'

test('a session is titled by its first message from the beginning, even if the answer fails', async () => {
  expect(await get(await newSession())).toMatchObject({ title: automatic })
  app.upstream.answers(() => ({ status: 401 }))
  const problem = await problemOf(ask(user, project, question))
  app.upstream.answers(() => ({ text: ['ok'] }))
  expect(await get(String(problem.session_id))).toMatchObject({ title: automatic })
})

test('a title of null asks for the automatic one again, and is left out where only the pin changes', async () => {
  const id = await newSession()
  await update(id, { title: 'Mine' })
  expect(await update(id, { pinned: true })).toMatchObject({ title: 'Mine', pinned: true })
  expect(await update(id, { title: null })).toMatchObject({ title: automatic, pinned: true })
})

test.each([
  ['empty', { title: ' ' }],
  ['too long', { title: 'a'.repeat(201) }],
])('a title that is %s is refused', async (_, body) => {
  const id = await newSession()
  expect(await problemOf(update(id, body))).toMatchObject({ status: 422, errors: [{ loc: ['body', 'title'] }] })
})

test('the list can be of pinned sessions only, or of the others, page by page', async () => {
  const own = await createProject(user)
  const ids = [await newSession(own), await newSession(own), await newSession(own), await newSession(own)]
  for (const id of [ids[0], ids[2]]) await update(String(id), { pinned: true })
  expect(await list(own, {})).toEqual(ids.toReversed())
  expect(await list(own, { pinned: 'true' })).toEqual([ids[2], ids[0]])
  expect(await list(own, { pinned: 'false' })).toEqual([ids[3], ids[1]])
  const params = { project_id: own.id }
  const first = await user.client.page(contract.sessions.list, { params, query: { pinned: 'true', limit: 1 } })
  expect(first.nextCursor).not.toBeNull()
  expect(await list(own, { pinned: 'true', cursor: first.nextCursor ?? '' })).toEqual([ids[0]])
})

test('a filter that is neither true nor false is refused', async () => {
  const problem = await problemOf(list(project, { pinned: 'maybe' }))
  expect(problem).toMatchObject({ status: 422, errors: [{ loc: ['query', 'pinned'] }] })
})

async function newSession(of = project): Promise<string> {
  return (await ask(user, of, question)).session_id
}

function get(id: string) {
  return user.client.call(contract.sessions.get, { params: { session_id: id } })
}

function update(id: string, body: { title?: string | null; pinned?: boolean }) {
  return user.client.call(contract.sessions.update, { params: { session_id: id }, body })
}

async function list(of: Project, query: { pinned?: string; cursor?: string }): Promise<string[]> {
  const found = await user.client.call(contract.sessions.list, { params: { project_id: of.id }, query })
  return found.map(({ id }) => id)
}
