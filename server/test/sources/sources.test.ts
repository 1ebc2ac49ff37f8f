import { contract } from '@chatbot-platform/contract'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { releaseSource, takeOver } from '../../src/modules/sources/crawls.repository.ts'
import { withSession } from '../../src/platform/database/session.ts'
import { storedFiles } from '../files/stored-files.ts'
import { search } from '../knowledge/library.ts'
import { serve } from '../outbound/loopback.ts'
import { site, urlset } from '../outbound/site.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { inOneProcess } from '../support/replicas.ts'
import { scopeOf } from '../usage/usage-events.ts'
import {
  addSource,
  getSource,
  loopbackOpen,
  page,
  readAgain,
  readSite,
  startSourcesApp,
  untilCrawled,
} from './web-sources.ts'

// Reading a document takes a second or so, and several where the machine is busy.
vi.setConfig({ testTimeout: 60_000 })

let app: TestApp

beforeAll(async () => {
  app = await startSourcesApp({ SOURCES_MAX_PER_PROJECT: '3' })
})
afterAll(() => app.close())

async function someone() {
  const user = await app.user()
  return { user, project: await createProject(user) }
}

/** What the answer to a new source is, success or not. */
async function answerTo(at: TestApp, user: TestUser, projectId: string, url: string) {
  const response = await fetch(`${at.url}/projects/${projectId}/sources`, {
    method: 'POST',
    headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'url', url }),
  })
  return { status: response.status, body: await response.json() }
}

describe('a new source', () => {
  test.each([
    ['ftp://example.org/', 'bad_url', 'http://'],
    ['example.org', 'bad_url', 'complete web address'],
    ['https://user:secret@example.org/', 'bad_url', 'password'],
    ['https://example.org:22/', 'bad_url', 'Port 22'],
    ['http://10.1.2.3/', 'blocked_address', 'private network'],
    ['http://[::ffff:192.168.0.1]/', 'blocked_address', 'private network'],
    ['http://0x7f000002/', 'blocked_address', 'private network'],
    ['http://169.254.169.254/latest/meta-data', 'blocked_address', 'private network'],
  ])('at %s is refused at once', async (url, type, words) => {
    const { user, project } = await someone()
    const { status, body } = await answerTo(app, user, project.id, url)
    expect(status).toBe(422)
    expect(body).toMatchObject({ code: 'validation_failed', errors: [{ loc: ['body', 'url'], type }] })
    expect(body.detail).toContain(words)
    expect(body.detail).not.toContain('secret')
  })

  test('with an address that the project has already is told which one that is', async () => {
    const { user, project } = await someone()
    const { origin } = await site({ '/a': page('A.') })
    const first = await addSource(user, project, { kind: 'url', url: `${origin}/a` })
    const same = `HTTP://${origin.slice(7)}/x/../a#top`
    const answers = await Promise.all([same, same].map((url) => answerTo(app, user, project.id, url)))
    const conflict = { status: 409, body: { code: 'conflict', source_id: first.id } }
    expect(answers).toMatchObject([conflict, conflict])
    const other = await createProject(user)
    expect((await answerTo(app, user, other.id, same)).status).toBe(201)
  })

  test('beyond what a project may have is refused, also when all come at once', async () => {
    const { user, project } = await someone()
    const { origin } = await site({})
    const urls = [1, 2, 3, 4, 5].map((number) => `${origin}/${number}`)
    const answers = await Promise.all(urls.map((url) => answerTo(app, user, project.id, url)))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 422, 422])
    const refused = answers.find(({ status }) => status === 422)
    expect(refused?.body).toMatchObject({ errors: [{ type: 'too_many_sources' }] })
  })
})

test('loopback is never connected to unless the operator has opened it', async () => {
  const closed = await startTestApp({ env: { OUTBOUND_PORTS: loopbackOpen.OUTBOUND_PORTS }, given: { webPauseMs: 0 } })
  let connections = 0
  const origin = await serve((_request, response) => {
    connections += 1
    response.end('secret')
  })
  const user = await closed.user()
  const project = await createProject(user)
  for (const url of [origin, origin.replace('127.0.0.1', 'wiki.localhost')]) {
    expect(await answerTo(closed, user, project.id, url)).toMatchObject({
      status: 422,
      body: { code: 'validation_failed' },
    })
  }
  // As if it had been added while the operator had opened it.
  const source = await addSource(user, project, { kind: 'url', url: 'https://docs.invalid/' })
  await untilCrawled(user, source)
  await withSession(closed.database.superuserUrl, (client) =>
    client.query('UPDATE sources SET url = $1 WHERE id = $2', [origin, source.id]),
  )
  expect(await readAgain(user, source)).toMatchObject({ state: 'failed', error: { code: 'blocked_address' } })
  expect(connections).toBe(0)
  await closed.close()
})

test('a deleted source takes its documents, passages and bytes along', async () => {
  const { user, project } = await someone()
  const { origin } = await site({
    '/s.xml': urlset('/a', '/b'),
    '/a': page('Heliotrope.'),
    '/b': page('Heliotrope too.'),
  })
  const source = await readSite(user, project, { kind: 'sitemap', url: `${origin}/s.xml` })
  expect(await storedFiles(app, project.id)).toHaveLength(2)
  const params = { project_id: project.id, source_id: source.id }
  await user.client.call(contract.sources.remove, { params })
  expect(await storedFiles(app, project.id)).toEqual([])
  expect((await search(user, project, 'heliotrope')).passages).toEqual([])
  expect(await user.client.call(contract.files.list, { params, query: {} })).toEqual([])
  await expect(getSource(user, source)).rejects.toMatchObject({ problem: { code: 'not_found' } })
})

const closesJobs = inOneProcess('waits for the jobs of its own process')
closesJobs('a source that is deleted while it is read leaves nothing behind', async () => {
  const { user, project } = await someone()
  const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>()
  const { promise: gone, resolve: isGone } = Promise.withResolvers<void>()
  const origin = await serve(async (request, response) => {
    if (request.url === '/robots.txt') return void response.writeHead(404).end()
    isAsked()
    await gone
    response.writeHead(200, { 'content-type': 'text/html' }).end(page('Too late.'))
  })
  const source = await addSource(user, project, { kind: 'url', url: origin })
  await asked
  await user.client.call(contract.sources.remove, { params: { project_id: project.id, source_id: source.id } })
  isGone()
  await app.server.deps.jobs.close(10_000)
  expect(await storedFiles(app, project.id)).toEqual([])
  const { files } = await user.client.call(contract.files.summary, { params: { project_id: project.id } })
  expect(files).toEqual({ ready: 0, under_way: 0, failed: 0 })
})

test('the death of a job says nothing of a source that was asked for again since then', async () => {
  const quiet = await startTestApp({ env: { ...loopbackOpen, RUN_JOBS: 'false' } })
  const user = await quiet.user()
  const source = await addSource(user, await createProject(user), { kind: 'url', url: 'http://127.0.0.1:2000/' })
  const scope = scopeOf(user)
  const { db } = quiet.server.deps
  const take = () => db.tenant(scope, (tx) => takeOver(tx, scope, source.id))
  expect(await take()).toBeUndefined()
  expect((await getSource(user, source)).state).toBe('queued')
  await db.tenant(scope, async (tx) => {
    await tx.execute(sql`UPDATE sources SET state = 'crawling' WHERE id = ${source.id}`)
    const claim = { id: source.id, projectId: source.project_id, epoch: 0 }
    await releaseSource(tx, scope, claim, { code: 'internal', detail: 'An attempt did not succeed.' })
  })
  expect((await take())?.state).toBe('crawling')
  await quiet.close()
})
