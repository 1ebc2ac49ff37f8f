import { contract } from '@chatbot-platform/contract'
import { afterEach, expect, test, vi } from 'vitest'
import { openTurn } from '../races/race-turns.ts'
import { modelSettings, openScene, type Scene, signIn } from './scene.ts'
import { type ServiceProcess, startService } from './service-process.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let scene: Scene
let others: ServiceProcess[] = []

afterEach(async () => {
  for (const other of others) await other.kill()
  others = []
  await scene.close()
})

test.skipIf(process.platform !== 'linux').each(['1', '2'])(
  'what a killed server on an external database left behind is interrupted at its next start; WORKERS=%s',
  async (workers) => {
    scene = await openScene({ WORKERS: workers })
    const answerId = await openAnswer()
    await scene.service.kill()
    const next = await start({ WORKERS: workers, DATA_DIR: scene.dataDir })
    const { client } = await signIn(next.url)
    const state = async () => (await client.call(contract.chat.message, { params: { message_id: answerId } })).state
    // Before it is ready, and so well before a lease of 15 seconds ends.
    expect(await state()).toBe('interrupted')
  },
)

test('the runs of a server that lives are left alone, however many start beside it', async () => {
  scene = await openScene({})
  const answerId = await openAnswer()
  for (let count = 0; count < 2; count++) await start({ DATA_DIR: scene.dataDir })
  const { state } = await scene.client.call(contract.chat.message, { params: { message_id: answerId } })
  expect(state).toBe('streaming')
})

async function openAnswer(): Promise<string> {
  scene.upstream.plays([{ text: ['some of it', 'never'], hang: 1 }])
  const { turn, events } = await openTurn(scene.client, { project_id: scene.project.id, message: 'Long' })
  expect((await events.next()).value).toMatchObject({ event: 'delta' })
  return turn.assistant_message.id
}

async function start(settings: Record<string, string>): Promise<ServiceProcess> {
  const { runtimeUrl, ownerUrl } = scene.database
  const database = { DATABASE_URL: runtimeUrl, DATABASE_OWNER_URL: ownerUrl }
  const service = await startService({ ...database, ...modelSettings(scene.upstream), ...settings })
  others.push(service)
  return service
}
