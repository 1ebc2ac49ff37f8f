import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { jobQueue } from '../../src/platform/jobs/jobs.ts'
import { type JobsScene, openJobsScene, until } from './jobs-scene.ts'

interface Told {
  event: string
  attempt?: number
}

interface Worker {
  child: ChildProcess
  told: Told[]
}

const queue = jobQueue<{ fileId: string }>({ name: 'crash', retryLimit: 1, retryDelaySeconds: 1 })
const script = fileURLToPath(new URL('job-process.ts', import.meta.url))
const workers: Worker[] = []
let scene: JobsScene
beforeAll(async () => {
  scene = await openJobsScene()
})
afterEach(() => {
  for (const { child } of workers.splice(0)) child.kill('SIGKILL')
})
afterAll(() => scene.close())

test('another process takes the job of one that was killed, and it is done once', { timeout: 60_000 }, async () => {
  const first = await startWorker(600_000)
  await scene.process().enqueue(queue, { fileId: 'a' })
  await until(() => first.told.some(({ event }) => event === 'began'))
  const second = await startWorker(0)
  first.child.kill('SIGKILL')
  const killedMs = performance.now()
  await until(() => second.told.some(({ event }) => event === 'done'), 40_000)
  expect(performance.now() - killedMs).toBeLessThan(20_000)
  expect(second.told).toEqual([{ event: 'open' }, { event: 'began', attempt: 2 }, { event: 'done' }])
  expect(await jobsLeft()).toEqual([])
})

test('a process that was frozen for too long cannot end a job that another works', { timeout: 60_000 }, async () => {
  const first = await startWorker(1000)
  await scene.process().enqueue(queue, { fileId: 'b' })
  await until(() => first.told.some(({ event }) => event === 'began'))
  first.child.kill('SIGSTOP')
  const second = await startWorker(3000)
  await until(() => second.told.some(({ event }) => event === 'began'), 40_000)
  first.child.kill('SIGCONT')
  await until(() => first.told.some(({ event }) => event === 'lost'))
  expect(await jobsLeft()).toEqual([{ state: 'active' }])
  await until(() => second.told.some(({ event }) => event === 'done'))
  expect(await jobsLeft()).toEqual([])
})

async function startWorker(takesMs: number): Promise<Worker> {
  const args = ['--disable-warning=ExperimentalWarning', script, scene.database.runtimeUrl, String(takesMs)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const worker: Worker = { child, told: [] }
  workers.push(worker)
  child.on('message', (message) => worker.told.push(message as Told))
  await until(() => worker.told.length > 0)
  return worker
}

async function jobsLeft(): Promise<{ state: string }[]> {
  const { rows } = await scene.db.pool.query(`SELECT state FROM pgboss.job WHERE name LIKE 'crash%'`)
  return rows
}
