import { contract, type Project } from '@chatbot-platform/contract'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mintScope, type Scope } from '../../src/platform/scope.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { scopeOf } from '../usage/usage-events.ts'

let app: TestApp
let owner: TestUser
let project: Project

beforeAll(async () => {
  app = await startTestApp()
  owner = await app.user()
  project = await createProject(owner)
})
afterAll(() => app.close())

test('a version says who wrote it: when it is made, read, listed and made active again', async () => {
  const params = { project_id: project.id }
  const made = await owner.client.call(contract.prompts.create, { params, body: { content: 'Be brief.' } })
  expect(made.created_by).toEqual({ id: scopeOf(owner).userId, email: owner.email })
  const one = { params: { ...params, prompt_id: made.id } }
  expect(await owner.client.call(contract.prompts.get, one)).toEqual(made)
  expect(await owner.client.call(contract.prompts.activate, one)).toEqual(made)
  expect((await owner.client.call(contract.prompts.list, { params, query: {} }))[0]).toEqual(made)
})

test('the other people of the workspace are named too, until their account is gone', async () => {
  const colleague = await app.user()
  const { prompts } = app.server.deps
  const input = { content: 'Be kind.', activate: false }
  const { id } = await prompts.create(colleagueIn(owner, colleague), project.id, input, null)
  const read = { params: { project_id: project.id, prompt_id: id } }
  const before = await owner.client.call(contract.prompts.get, read)
  expect(before.created_by).toEqual({ id: scopeOf(colleague).userId, email: colleague.email })
  await colleague.client.call(contract.users.remove, {})
  expect(await owner.client.call(contract.prompts.get, read)).toEqual({ ...before, created_by: null })
})

test('nobody learns from it who works in another workspace, or anything else about an account', async () => {
  const [author, stranger] = [await app.user(), await app.user()]
  const params = { project_id: (await createProject(author)).id }
  const { id } = await author.client.call(contract.prompts.create, { params, body: { content: 'Private.' } })
  const authors = (scope: Scope) =>
    app.server.deps.db.tenant(scope, (tx) =>
      tx.execute<{ email: string }>(sql`SELECT email FROM prompt_authors(ARRAY[${id}::uuid])`, 'objects'),
    )
  expect(await authors(scopeOf(author))).toEqual([{ email: author.email }])
  expect(await authors(scopeOf(stranger))).toEqual([])
  const users = app.server.deps.db.tenant(colleagueIn(author, stranger), (tx) =>
    tx.execute(sql`SELECT email FROM users WHERE email = ${author.email}`, 'objects'),
  )
  expect(await users).toEqual([])
})

/** The scope of a second person who works in the first one's workspace. */
function colleagueIn(first: TestUser, second: TestUser): Scope {
  return mintScope({ ...scopeOf(second), workspaceId: scopeOf(first).workspaceId })
}
