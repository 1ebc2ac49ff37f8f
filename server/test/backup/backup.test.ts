import { stat } from 'node:fs/promises'
import { contract } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { schemaProblems } from '../../src/cli/db-check.ts'
import { writeArchive } from '../../src/platform/backup/archive-writer.ts'
import { withSnapshot } from '../../src/platform/backup/snapshot.ts'
import { withSession } from '../../src/platform/database/session.ts'
import { describeDatabase, differences } from '../../src/platform/migrations/describe-database.ts'
import { createProject, startTestApp, type TestApp, testPassword } from '../support/app.ts'
import { untilIndexed } from '../support/search.ts'
import { ask, messagesOf } from '../support/turns.ts'
import { awkward, converse, databaseFor, fingerprints, freshPath, restore, save } from './backup-scene.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.close())

test('a restored database is the saved one: every row, row-level security, and its rules', async () => {
  await converse(app)
  await untilIndexed(app)
  const before = await fingerprints(app.database)
  const path = await save(app.database)
  const target = await databaseFor({ empty: true })
  const digests = await restore(target, path)
  expect(await fingerprints(target)).toEqual(before)
  expect(digests.messages?.rows).toBeGreaterThan(5)
  const described = (url: string) => withSession(url, describeDatabase)
  expect(differences(await described(app.database.ownerUrl), await described(target.ownerUrl))).toEqual([])
  expect(await withSession(target.ownerUrl, schemaProblems)).toEqual([])
})

test('people sign in to a restored server with their passwords and go on with their conversations', async () => {
  const { user, sessionId, projectId } = await converse(app)
  const target = await databaseFor({ empty: true })
  await restore(target, await save(app.database))
  const restored = await startTestApp({ database: target })
  try {
    const form = { username: user.email, password: testPassword }
    const { access_token } = await restored.anonymous.call(contract.auth.login, { body: form })
    const again = { ...user, client: restored.as(access_token) }
    expect((await messagesOf(again, sessionId))[0]?.content).toBe(awkward)
    const body = { project_id: projectId, session_id: sessionId, message: 'fourth' }
    await again.client.call(contract.chat.send, { body })
    expect(await messagesOf(again, sessionId)).toHaveLength(8)
  } finally {
    await restored.close()
  }
})

test('turns go on while a backup is taken, which holds the moment it began and nothing after it', async () => {
  const { user, projectId } = await converse(app)
  const project = await user.client.call(contract.projects.get, { params: { project_id: projectId } })
  const before = await fingerprints(app.database)
  const path = freshPath()
  const turns = await withSession(app.database.ownerUrl, (client) =>
    withSnapshot(client, '0.1.0', async (source) => {
      const during = await Promise.all(Array.from({ length: 8 }, () => ask(user, project, 'while it is saved')))
      await createProject(user, { name: 'made meanwhile' })
      await writeArchive(source, path)
      return during
    }),
  )
  expect(turns.map(({ assistant_message }) => assistant_message.state)).toEqual(Array(8).fill('complete'))
  const target = await databaseFor({ empty: true })
  await restore(target, path)
  const restored = await fingerprints(target)
  const { message_search: _, ...saved } = before
  expect(restored).toMatchObject(saved)
  expect(restored.messages).not.toBe((await fingerprints(app.database)).messages)
})

test('backups that are taken under constant writing each hold whole turns', async () => {
  const user = await app.user()
  const project = await createProject(user)
  const writing = new AbortController()
  const writers = Array.from({ length: 3 }, async () => {
    while (!writing.signal.aborted) await ask(user, project, 'on and on')
  })
  const path = await save(app.database)
  writing.abort()
  await Promise.all(writers)
  const target = await databaseFor({ empty: true })
  await restore(target, path)
  // `next_seq` and the messages are written together; so are a question and the row of its answer.
  const { rows } = await withSession(target.superuserUrl, (client) =>
    client.query(
      `SELECT 1 FROM chat_sessions s WHERE next_seq - 1 <> (SELECT count(*) FROM messages m
         WHERE m.workspace_id = s.workspace_id AND m.session_id = s.id)`,
    ),
  )
  expect(rows).toEqual([])
})

test('only its owner may read a backup, and none is written over', async () => {
  const path = await save(app.database)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const again = withSession(app.database.ownerUrl, (client) =>
    withSnapshot(client, '0.1.0', (source) => writeArchive(source, path)),
  )
  await expect(again).rejects.toThrow('exists already')
})

test('the owner is bound by row-level security again once the backup is done', async () => {
  await converse(app)
  await save(app.database)
  // No function across tenants reads this one: before PostgreSQL 16 the owner always has the rights of their role.
  const { rows } = await withSession(app.database.ownerUrl, (client) => client.query('SELECT 1 FROM memberships'))
  expect(rows).toEqual([])
})

test('a table whose rows a backup would miss is refused rather than saved as empty', async () => {
  const database = await databaseFor()
  await withSession(database.ownerUrl, (client) => client.query('DROP POLICY backup ON prompts'))
  await expect(save(database)).rejects.toThrow('A backup would miss rows of prompts')
})

test('the login that serves cannot take a backup', async () => {
  const path = freshPath()
  const attempt = withSession(app.database.runtimeUrl, (client) =>
    withSnapshot(client, '0.1.0', (source) => writeArchive(source, path)),
  )
  await expect(attempt).rejects.toThrow('does not own the tables. Set DATABASE_OWNER_URL')
})
