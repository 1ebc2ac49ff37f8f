import { createClient } from '@chatbot-platform/client'
import { contract } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { storedFiles } from '../files/stored-files.ts'
import { until } from '../jobs/jobs-scene.ts'
import { serve } from '../outbound/loopback.ts'
import { createProject, startTestApp, type TestApp } from '../support/app.ts'
import { spawnApp } from '../support/spawned-app.ts'
import { addSource, loopbackOpen, page, pagesOf, untilCrawled } from './web-sources.ts'

let app: TestApp

// This one serves, and works no jobs.
beforeAll(async () => {
  app = await startTestApp({ env: { ...loopbackOpen, RUN_JOBS: 'false' } })
})
afterAll(() => app.close())

const paths = ['/1', '/2', '/3', '/4', '/5', '/6']

test('a reading that is killed in its middle is whole in the end, each page once', { timeout: 180_000 }, async () => {
  let hangs = true
  const asked: string[] = []
  const origin = await serve((request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    if (path === '/robots.txt') return void response.writeHead(404).end()
    if (path === '/4' && hangs) return
    const urls = paths.map((one) => `<url><loc>${origin}${one}</loc></url>`)
    const isMap = path === '/sitemap.xml'
    response.writeHead(200, { 'content-type': isMap ? 'application/xml' : 'text/html' })
    response.end(isMap ? `<urlset>${urls.join('')}</urlset>` : page(`This is page ${path}.`))
  })
  const settings = { ...loopbackOpen, FILES_URL: `file://${app.filesFolder}`, DATA_DIR: app.filesFolder }
  const first = await spawnApp(app.database.runtimeUrl, settings)
  const user = await app.user()
  const project = await createProject(user)
  const source = await addSource(user, project, { kind: 'sitemap', url: `${origin}/sitemap.xml` })
  await until(() => asked.includes('/4'), 30_000)
  await first.kill()
  hangs = false
  const second = await spawnApp(app.database.runtimeUrl, settings)
  const read = await untilCrawled(
    { ...user, client: createClient({ baseUrl: second.url, token: user.token }) },
    source,
    120_000,
  )
  expect(read).toMatchObject({ state: 'ready', error: null, pages: { read: 3, unchanged: 3, skipped: 0, failed: 0 } })
  const files = await pagesOf(user, source)
  expect(Object.keys(files).sort()).toEqual(paths)
  expect(Object.values(files).map(({ version, state }) => `${version} ${state}`)).toEqual(paths.map(() => '1 ready'))
  expect(await storedFiles(app, project.id)).toHaveLength(paths.length)
  const listed = await user.client.call(contract.files.summary, { params: { project_id: project.id } })
  expect(listed.files).toEqual({ ready: 6, under_way: 0, failed: 0 })
  await second.kill()
})
