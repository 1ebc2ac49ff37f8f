import { contract } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withSession } from '../../src/platform/database/session.ts'
import { attach } from '../attachments/images.ts'
import { until } from '../jobs/jobs-scene.ts'
import { createProject, startTestApp, type TestApp, type TestUser, testPassword } from '../support/app.ts'
import { problemOf } from '../support/turns.ts'
import { storedFiles } from './stored-files.ts'
import { untilRead, uploadOne } from './uploads.ts'

let app: TestApp
let user: TestUser

beforeAll(async () => {
  app = await startTestApp()
  user = await app.user()
})
afterAll(() => app.close())

const paramsOf = (file: { id: string; project_id: string }) => ({ project_id: file.project_id, file_id: file.id })

/** How many rows every table has of a document, by any name. */
async function rowsOf(fileId: string): Promise<number> {
  return withSession(app.database.superuserUrl, async (client) => {
    let count = 0
    for (const table of ['passages', 'passage_words', 'file_words', 'passage_vectors', 'files']) {
      const column = table === 'files' ? 'id' : 'file_id'
      const { rows } = await client.query(`SELECT count(*)::int AS n FROM ${table} WHERE ${column} = $1`, [fileId])
      count += rows[0].n
    }
    return count
  })
}

async function readFile(project: { id: string }, text: string) {
  const file = await uploadOne(user, project, 'secret.txt', text)
  await untilRead(user, file)
  return file
}

test('a deleted file is gone at once: row, passages, words and bytes', async () => {
  const project = await createProject(user)
  const file = await readFile(project, 'The secret word is aubergine.')
  expect(await rowsOf(file.id)).toBeGreaterThan(2)
  await user.client.call(contract.files.remove, { params: paramsOf(file) })
  expect([await rowsOf(file.id), await storedFiles(app, project.id)]).toEqual([0, []])
  expect(await problemOf(user.client.call(contract.files.get, { params: paramsOf(file) }))).toMatchObject({
    status: 404,
  })
  const search = { params: { project_id: project.id }, body: { query: 'aubergine' } }
  expect((await user.client.call(contract.knowledge.search, search)).passages).toEqual([])
})

test.each(['a document', 'an image'])(
  '%s for a project that is deleted at the same moment is a 404, and leaves no bytes',
  async (kind) => {
    const project = await createProject(user)
    const taken = await withSession(app.database.superuserUrl, async (client) => {
      await client.query('BEGIN')
      await client.query('DELETE FROM projects WHERE id = $1', [project.id])
      const upload = kind === 'an image' ? attach(user, project) : uploadOne(user, project, 'late.txt', 'Too late.')
      const problem = problemOf(upload)
      await until(async () => {
        const { rows } = await client.query(`SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'`)
        return rows.length > 0
      })
      await client.query('COMMIT')
      return problem
    })
    expect([taken.status, await storedFiles(app, project.id)]).toEqual([404, []])
  },
)

test('a file that is deleted while it is read stays gone', async () => {
  const project = await createProject(user)
  const long = Array.from({ length: 20_000 }, (_, index) => `Line ${index} of a document that takes its time.`).join(
    '\n',
  )
  const file = await uploadOne(user, project, 'long.txt', long)
  await expect
    .poll(async () => (await user.client.call(contract.files.get, { params: paramsOf(file) })).state, {
      interval: 10,
      timeout: 10_000,
    })
    .not.toBe('queued')
  await user.client.call(contract.files.remove, { params: paramsOf(file) })
  const next = await readFile(project, 'Read after the other one.')
  expect([await rowsOf(file.id), (await storedFiles(app, project.id)).length]).toEqual([0, 1])
  expect(await rowsOf(next.id)).toBeGreaterThan(2)
})

test('a deleted project takes its files along, and nothing of another one', async () => {
  const [project, other] = [await createProject(user), await createProject(user)]
  const file = await readFile(project, 'Text of the first')
  await readFile(other, 'Text of the second')
  await user.client.call(contract.projects.remove, { params: { project_id: project.id } })
  expect([await rowsOf(file.id), await storedFiles(app, project.id)]).toEqual([0, []])
  expect(await storedFiles(app, other.id)).toHaveLength(1)
})

test('a deleted account takes all its files along', async () => {
  const leaving = await app.user()
  const project = await createProject(leaving)
  await untilRead(leaving, await uploadOne(leaving, project, 'a.txt', 'Text of somebody who leaves'))
  expect(await storedFiles(app, project.id)).toHaveLength(1)
  await leaving.client.call(contract.users.remove, {})
  expect(await storedFiles(app, project.id)).toEqual([])
})

test('a project that is deleted during an upload keeps no bytes', async () => {
  const rounds = Array.from({ length: 5 }, async (_, round) => {
    const project = await createProject(user)
    const uploads = Array.from({ length: 6 }, (_, index) => uploadOne(user, project, 'a.txt', `Text ${round} ${index}`))
    const removal = user.client.call(contract.projects.remove, { params: { project_id: project.id } })
    await Promise.allSettled([...uploads, removal])
    return storedFiles(app, project.id)
  })
  expect((await Promise.all(rounds)).flat()).toEqual([])
})

test('the log of the workspace has uploads and deletions', async () => {
  const project = await createProject(user)
  const file = await uploadOne(user, project, 'a.txt', `Text for the log of ${testPassword.length}`)
  await user.client.call(contract.files.remove, { params: paramsOf(file) })
  const events = await user.client.call(contract.audit.list, { query: { limit: 2 } })
  expect(events.map(({ action, target }) => [action, target])).toEqual([
    ['file.deleted', { type: 'file', id: file.id }],
    ['file.uploaded', { type: 'file', id: file.id }],
  ])
})

test('the sweep deletes what belongs to no document, an hour after it was stored', async () => {
  const { storage, fileCare } = app.server.deps
  const project = await createProject(user)
  await readFile(project, 'Text that stays')
  const [kept] = await storedFiles(app, project.id)
  const orphan = `${kept?.key.slice(0, -3)}f-9`
  const staged = await storage.stage(new Blob(['orphan']).stream(), 100)
  if (staged !== 'too_large') await storage.keep(staged, orphan)
  expect([await fileCare.sweep(), (await storedFiles(app, project.id)).length]).toEqual([0, 2])
  expect([await fileCare.sweep(-1000), await storedFiles(app, project.id)]).toEqual([1, [kept]])
})
