import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contract, type KnowledgeFile } from '@chatbot-platform/contract'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createIndexingService } from '../../src/modules/files/indexing.service.ts'
import type { JobContext } from '../../src/platform/jobs/jobs.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { type S3Server, s3Settings, startS3Server } from '../support/s3-server.ts'
import { scopeOf } from '../usage/usage-events.ts'
import { getFile, untilRead, uploadOne } from './uploads.ts'

type IndexingDeps = Parameters<typeof createIndexingService>[0]

let app: TestApp
let user: TestUser

beforeAll(async () => {
  app = await startTestApp({ env: { RUN_JOBS: 'false' } })
  user = await app.user()
})
afterAll(() => app.close())

/** The work of the queue, done by hand, with something in it that fails. */
function indexing(broken: Partial<IndexingDeps> = {}) {
  const { db, storage, documentReader: reader, passages } = app.server.deps
  const logger = { info: () => undefined, warn: () => undefined }
  return createIndexingService({ db, storage, reader, passages, logger, ...broken })
}

const jobOf = (file: KnowledgeFile) => ({ workspaceId: scopeOf(user).workspaceId, fileId: file.id })

function attempt(number: number, given: Partial<JobContext> = {}): JobContext {
  return { id: 'job', attempt: number, isLastAttempt: number === 5, signal: new AbortController().signal, ...given }
}

const newFile = async (text = 'Some text to be read.') => uploadOne(user, await createProject(user), 'a.txt', text)
const failing = (error: Error): Pick<IndexingDeps, 'storage'> => ({ storage: { open: () => Promise.reject(error) } })

describe('an attempt that fails', () => {
  test('leaves the document in the queue and tells of itself, until the last one', async () => {
    const file = await newFile()
    const broken = indexing(failing(new Error('the disk is away')))
    await expect(broken.index(jobOf(file), attempt(1))).rejects.toThrow('the disk is away')
    const waiting = await getFile(user, file)
    expect(waiting).toMatchObject({ state: 'queued', error: { code: 'internal' } })
    expect(waiting.error?.detail).toMatch(/^Attempt 1 did not succeed; it is tried again by itself\./)
    await expect(broken.index(jobOf(file), attempt(5))).rejects.toThrow('the disk is away')
    const failed = await getFile(user, file)
    expect([failed.state, failed.error?.code]).toEqual(['failed', 'internal'])
    expect(JSON.stringify([waiting, failed])).not.toContain('disk')
  })

  test('after the model of vectors has done its work books that', async () => {
    const file = await newFile('Text that is not stored.')
    const usage = { provider: 'openai', model: 'stand-in', tokens: 7, cost: null }
    const { passages } = app.server.deps
    const prepare: typeof passages.prepare = async (...given) => ({ ...(await passages.prepare(...given)), usage })
    const replace = () => Promise.reject(new Error('the database is away'))
    const broken = indexing({ passages: { ...passages, prepare, replace } })
    await expect(broken.index(jobOf(file), attempt(1))).rejects.toThrow('the database is away')
    const booked = await app.server.deps.db.tenant(scopeOf(user), (tx) =>
      tx.execute(sql`SELECT prompt_tokens FROM usage_events WHERE project_id = ${file.project_id}`, 'objects'),
    )
    expect(booked).toEqual([{ prompt_tokens: 7 }])
  })

  test('as its process leaves says nothing: another one goes on', async () => {
    const file = await newFile('Text for two processes.')
    const leaving = AbortSignal.abort(new Error('the process leaves'))
    await expect(indexing().index(jobOf(file), attempt(5, { signal: leaving }))).rejects.toThrow('the process leaves')
    expect(await getFile(user, file)).toMatchObject({ state: 'reading', error: null })
    await indexing().index(jobOf(file), attempt(2))
    expect(await getFile(user, file)).toMatchObject({ state: 'ready', error: null })
  })

  test('by a job that died is told once nobody tries any more', async () => {
    const [died, read] = [await newFile('Text that kills.'), await newFile('Text that was read.')]
    const killed = AbortSignal.abort(new Error('the process was killed'))
    await expect(indexing().index(jobOf(died), attempt(5, { signal: killed }))).rejects.toThrow('was killed')
    await indexing().index(jobOf(read), attempt(1))
    await indexing().giveUp(jobOf(died))
    await indexing().giveUp(jobOf(read))
    expect([(await getFile(user, died)).state, (await getFile(user, read)).state]).toEqual(['failed', 'ready'])
  })
})

describe('a job that died', () => {
  test('says nothing of a document that its owner has had read again meanwhile', async () => {
    const file = await newFile('Text that is read again.')
    await expect(indexing(failing(new Error('no disk'))).index(jobOf(file), attempt(5))).rejects.toThrow('no disk')
    const params = { project_id: file.project_id, file_id: file.id }
    await user.client.call(contract.files.reindex, { params })
    await indexing().giveUp(jobOf(file))
    expect(await getFile(user, file)).toMatchObject({ state: 'queued', error: null })
    await indexing().index(jobOf(file), attempt(1))
    expect((await getFile(user, file)).state).toBe('ready')
  })
})

describe('of two readings of one document', () => {
  test('the later one goes on, and the other stores nothing', async () => {
    const file = await newFile('Text that two read at once.')
    const { storage } = app.server.deps
    const begun = Promise.withResolvers<void>()
    const mayGoOn = Promise.withResolvers<void>()
    const slow: IndexingDeps['storage'] = {
      open: async (key, signal) => {
        begun.resolve()
        await mayGoOn.promise
        return storage.open(key, signal)
      },
    }
    const first = indexing({ storage: slow }).index(jobOf(file), attempt(1))
    await begun.promise
    await indexing().index(jobOf(file), attempt(2))
    const ready = await getFile(user, file)
    mayGoOn.resolve()
    await first
    expect([ready.state, await getFile(user, file)]).toEqual(['ready', ready])
  })

  test('a second of one that is done does nothing', async () => {
    const file = await newFile('Text that was read already.')
    await indexing().index(jobOf(file), attempt(1))
    const ready = await getFile(user, file)
    await indexing(failing(new Error('it was opened again'))).index(jobOf(file), attempt(1))
    expect(await getFile(user, file)).toEqual(ready)
  })
})

test('documents that nobody works on are put into the queue again', async () => {
  const left = await newFile('Text that somebody began to read.')
  const { jobs, fileCare } = app.server.deps
  const waitingBefore = (await jobs.depths()).find(({ queue }) => queue === 'index-file')?.waiting ?? 0
  expect(await fileCare.resume(3600)).toBe(0)
  expect(await fileCare.resume(-1)).toBeGreaterThan(0)
  const waiting = (await jobs.depths()).find(({ queue }) => queue === 'index-file')?.waiting
  // It waits already: nothing is enqueued twice.
  expect(waiting).toBe(waitingBefore)
  await user.client.call(contract.files.remove, { params: { project_id: left.project_id, file_id: left.id } })
})

describe('with a bucket', () => {
  let server: S3Server
  let folder: string
  let bucketApp: TestApp

  beforeAll(async () => {
    server = await startS3Server()
    folder = await mkdtemp(join(tmpdir(), 'chatbot-bucket-'))
    bucketApp = await startTestApp({ env: { ...s3Settings(server), DATA_DIR: folder } })
  })
  afterAll(async () => {
    await bucketApp.close()
    await server.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('documents are stored, read again after an outage, downloaded and deleted', { timeout: 60_000 }, async () => {
    const owner = await bucketApp.user()
    const project = await createProject(owner)
    const file = await uploadOne(owner, project, 'a.txt', 'Text in a bucket.')
    await untilRead(owner, file)
    const params = { project_id: project.id, file_id: file.id }
    server.fails(...Array.from({ length: 4 }, () => ({ status: 503 })))
    await owner.client.call(contract.files.reindex, { params })
    const detailOf = async () => (await getFile(owner, file)).error?.detail
    await expect.poll(detailOf, { timeout: 10_000 }).toMatch(/^Attempt 1 did not succeed/)
    expect(await untilRead(owner, file, 40_000)).toMatchObject({ state: 'ready', passages: 1, error: null })
    const response = await owner.client.send(contract.files.content, { params })
    expect(await response.text()).toBe('Text in a bucket.')
    await owner.client.call(contract.files.remove, { params })
    expect([...server.objects.keys()].filter((key) => key.includes(project.id))).toEqual([])
  })

  test('that is away an upload says so, and the server reports it', async () => {
    const owner = await bucketApp.user()
    const project = await createProject(owner)
    server.fails(...Array.from({ length: 4 }, () => 'reset' as const))
    const failed = uploadOne(owner, project, 'a.txt', 'Text for nobody.')
    await expect(failed).rejects.toMatchObject({ problem: { status: 503, code: 'storage_unavailable' } })
    expect(await owner.client.call(contract.files.list, { params: { project_id: project.id }, query: {} })).toEqual([])
    server.fails(...Array.from({ length: 4 }, () => ({ status: 500 })))
    const health = await bucketApp.anonymous.call(contract.health.health, {})
    expect(health.checks.files).toBe('failed')
  })
})
