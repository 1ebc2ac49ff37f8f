import { setTimeout as sleep } from 'node:timers/promises'
import { contract, type Source } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { withSession } from '../../src/platform/database/session.ts'
import { until } from '../jobs/jobs-scene.ts'
import { serve } from '../outbound/loopback.ts'
import { site } from '../outbound/site.ts'
import { createProject, type TestApp } from '../support/app.ts'
import {
  addSource,
  getSource,
  page,
  pagesOf,
  readAgain,
  readSite,
  startSourcesApp,
  untilCrawled,
} from './web-sources.ts'

// Reading a document takes a second or so, and several where the machine is busy.
vi.setConfig({ testTimeout: 60_000 })

let app: TestApp

beforeAll(async () => {
  app = await startSourcesApp()
})
afterAll(() => app.close())

const hourMs = 3_600_000

async function someone() {
  const user = await app.user()
  return { user, project: await createProject(user) }
}

const crawlOnce = async (...of: Parameters<typeof addSource>) => untilCrawled(of[0], await addSource(...of))

/** Moves what is planned, and what was last heard of it, by so many hours into the past. */
async function letPass(hours: number, ids: string[]): Promise<void> {
  const earlier = (column: string) => `${column} = ${column} - make_interval(hours => ${hours})`
  await withSession(app.database.superuserUrl, (client) =>
    client.query(`UPDATE sources SET ${earlier('next_crawl_at')}, ${earlier('updated_at')} WHERE id = ANY ($1)`, [ids]),
  )
}

/** In how many hours it is read again. */
function pauseHours({ next_crawl_at: next, last_crawled_at: last }: Source): number {
  return Math.round((Date.parse(next ?? '') - Date.parse(last ?? '')) / hourMs)
}

test('a source is read again when its hours have passed, and not before', async () => {
  const { user, project } = await someone()
  const pages = { '/': page('Old.') }
  const { origin } = await site(pages)
  const source = await readSite(user, project, { kind: 'url', url: origin, refresh_hours: 6 })
  expect(pauseHours(source)).toBe(6)
  pages['/'] = page('New.')
  const { dueSources } = app.server.deps
  await letPass(5, [source.id])
  expect(await dueSources.enqueueDue()).toBe(0)
  await letPass(1, [source.id])
  expect(await dueSources.enqueueDue()).toBe(1)
  expect(await dueSources.enqueueDue()).toBe(0)
  const read = await untilCrawled(user, source)
  expect(read.pages).toMatchObject({ read: 1 })
  expect(Date.parse(read.next_crawl_at ?? '')).toBeGreaterThan(Date.now() + 5 * hourMs)
  expect(await pagesOf(user, source)).toMatchObject({ '/': { version: 2 } })
})

test('its hours can be changed, and taken away', async () => {
  const { user, project } = await someone()
  const { origin } = await site({ '/': page('A.') })
  const source = await crawlOnce(user, project, { kind: 'url', url: origin, refresh_hours: 6 })
  const params = { project_id: project.id, source_id: source.id }
  const change = (refresh_hours?: number | null) =>
    user.client.call(contract.sources.update, { params, body: refresh_hours === undefined ? {} : { refresh_hours } })
  const daily = await change(24)
  expect([daily.refresh_hours, pauseHours(daily)]).toEqual([24, 24])
  expect(await change()).toEqual(daily)
  expect(await change(null)).toMatchObject({ refresh_hours: null, next_crawl_at: null })
})

test('after failures it pauses longer each time, up to a week, until it succeeds', async () => {
  const { user, project } = await someone()
  const pages: Parameters<typeof site>[0] = { '/': { status: 500 } }
  const { origin } = await site(pages)
  const source = await crawlOnce(user, project, { kind: 'url', url: origin, refresh_hours: 24 })
  const pauses = [pauseHours(source)]
  for (let count = 0; count < 4; count += 1) pauses.push(pauseHours(await readAgain(user, source)))
  expect(pauses).toEqual([24, 48, 96, 168, 168])
  pages['/'] = page('Back again.')
  expect(pauseHours(await readAgain(user, source))).toBe(24)
})

test('of many that are due each workspace has its first one before anybody has a second', async () => {
  const one = await someone()
  const other = await someone()
  const { origin } = await site({})
  const add = ({ user, project }: Awaited<ReturnType<typeof someone>>, path: string) =>
    crawlOnce(user, project, { kind: 'url', url: origin + path, refresh_hours: 1 })
  const [a, b, c] = [await add(one, '/a'), await add(one, '/b'), await add(other, '/c')]
  await letPass(9, [a.id])
  await letPass(8, [b.id])
  await letPass(7, [c.id])
  const { rows } = await app.server.deps.db.pool.query(`SELECT id FROM sources_due('1 day', 2)`)
  expect(rows.map(({ id }) => id)).toEqual([a.id, c.id])
})

test('one that was left under way is taken up again', async () => {
  const { user, project } = await someone()
  const { origin } = await site({ '/': page('A.') })
  const source = await crawlOnce(user, project, { kind: 'url', url: origin })
  await withSession(app.database.superuserUrl, (client) =>
    client.query(`UPDATE sources SET state = 'crawling' WHERE id = $1`, [source.id]),
  )
  await letPass(2, [source.id])
  expect((await getSource(user, source)).state).toBe('crawling')
  await app.server.deps.dueSources.enqueueDue()
  expect((await untilCrawled(user, source)).state).toBe('ready')
})

test('a workspace reads two sources at once, and the others after those', async () => {
  const { user, project } = await someone()
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  let asked = 0
  const origins = await Promise.all(
    [1, 2, 3].map(() =>
      serve(async (_request, response) => {
        asked += 1
        await released
        response.writeHead(200, { 'content-type': 'text/html' }).end(page('A.'))
      }),
    ),
  )
  const added = await Promise.all(origins.map((url) => addSource(user, project, { kind: 'url', url })))
  await until(() => asked === 2)
  await sleep(1000)
  expect(asked).toBe(2)
  const states = await Promise.all(added.map(async (source) => (await getSource(user, source)).state))
  expect(states.sort()).toEqual(['crawling', 'crawling', 'queued'])
  release()
  const read = await Promise.all(added.map((source) => untilCrawled(user, source)))
  expect(read.map(({ state }) => state)).toEqual(['ready', 'ready', 'ready'])
})
