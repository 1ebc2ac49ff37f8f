import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { contract } from '@chatbot-platform/contract'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { endingOf, openTurn } from '../races/race-turns.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { modelSettings, openAccount, signIn } from './scene.ts'
import { isAlive, runService, type ServiceProcess, startService } from './service-process.ts'

// With the embedded database, which must outlive the workers that store their last answers in it.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let dataDir: string
let upstream: Upstream
const started: ServiceProcess[] = []

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'chatbot-operations-'))
  upstream = await startUpstream()
})
afterEach(async () => {
  for (const service of started.splice(0)) {
    service.signal('SIGTERM')
    await service.exited
  }
  await upstream.close()
  await rm(dataDir, { recursive: true, force: true })
})

async function start(settings: Record<string, string>): Promise<ServiceProcess> {
  const service = await startService({ DATA_DIR: dataDir, ...modelSettings(upstream), ...settings })
  started.push(service)
  return service
}

test.each(['1', '2'])(
  'SIGTERM lets answers finish, stores the rest, and ends in order; WORKERS=%s',
  async (workers) => {
    const settings = { WORKERS: workers, SHUTDOWN_GRACE: '4' }
    const service = await start(settings)
    const { client, project } = await openAccount(service.url)
    const gate = upstream.gate()
    upstream.plays([{ text: ['all of ', 'it'], gate, gateAfter: 1 }])
    const finishing = await openTurn(client, { project_id: project.id, message: 'Short' })
    upstream.plays([{ text: ['some of it', 'never'], hang: 1 }])
    const hanging = await openTurn(client, { project_id: project.id, message: 'Long' })
    expect((await hanging.events.next()).value).toMatchObject({ event: 'delta' })
    service.signal('SIGTERM')
    await expect.poll(() => isRefused(service.url), { timeout: 5000 }).toBe(true)
    gate.open()
    expect(await endingOf(finishing.events)).toMatchObject({ event: 'done', message: { content: 'all of it' } })
    expect(await endingOf(hanging.events)).toMatchObject({ event: 'error', message: { state: 'interrupted' } })
    expect(await service.exited).toEqual({ code: 0, signal: null })
    const again = await start(settings)
    const { client: later } = await signIn(again.url)
    const [short, long] = await Promise.all(
      [finishing, hanging].map(({ turn }) =>
        later.call(contract.chat.message, { params: { message_id: turn.assistant_message.id } }),
      ),
    )
    expect(short).toMatchObject({ state: 'complete', content: 'all of it' })
    expect(long).toMatchObject({ state: 'interrupted', content: 'some of it' })
  },
)

test('a second signal ends everything at once', async () => {
  const service = await start({ WORKERS: '2', SHUTDOWN_GRACE: '60' })
  const { client, project } = await openAccount(service.url)
  upstream.plays([{ text: ['some of it', 'never'], hang: 1 }])
  const { events } = await openTurn(client, { project_id: project.id, message: 'Long' })
  const broken = endingOf(events).catch(() => 'broken off')
  const workers = service.workers()
  service.signal('SIGTERM')
  await sleep(1500)
  const askedAt = performance.now()
  service.signal('SIGTERM')
  expect(await service.exited).toEqual({ code: 130, signal: null })
  await expect.poll(() => workers.filter(isAlive), { timeout: 3000 }).toEqual([])
  expect(performance.now() - askedAt).toBeLessThan(5000)
  expect(await broken).toBe('broken off')
})

test('a port that is taken is told in one sentence, and nothing stays behind', async () => {
  const other = createServer()
  const port = await new Promise<number>((resolve) =>
    other.listen(0, '127.0.0.1', () => resolve(Number((other.address() as { port: number }).port))),
  )
  const { code, stderr } = await runService({ DATA_DIR: dataDir, WORKERS: '2', PORT: String(port) })
  other.close()
  expect([code, stderr.trim()]).toEqual([
    1,
    expect.stringMatching(/^The port is taken: .* Choose another with PORT\.$/),
  ])
  // The database's folder is free again.
  const service = await start({ WORKERS: '1' })
  expect(service.url).toMatch(/^http/)
})

async function isRefused(url: string): Promise<boolean> {
  return fetch(`${url}/health/live`, { headers: { connection: 'close' } }).then(
    () => false,
    () => true,
  )
}
