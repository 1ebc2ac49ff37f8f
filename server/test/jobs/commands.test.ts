import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { jobQueue } from '../../src/platform/jobs/jobs.ts'
import { freePort } from '../support/free-port.ts'
import { type JobsScene, openJobsScene, until } from './jobs-scene.ts'

let scene: JobsScene
beforeAll(async () => {
  scene = await openJobsScene()
})
afterAll(() => scene.close())

test('the worker says that it is ready on the metrics port, and leaves in order', { timeout: 60_000 }, async () => {
  const port = await freePort()
  const worker = run('worker.ts', [], { ...settings(), METRICS_PORT: String(port), LOG_LEVEL: 'info' })
  const logged: string[] = []
  createInterface({ input: worker.stdout ?? process.stdin }).on('line', (line) => logged.push(line))
  await until(() => logged.some((line) => line.includes('"msg":"ready"')), 20_000)
  const answers = await Promise.all(
    ['/health/live', '/health/ready', '/metrics', '/projects'].map((path) => fetch(`http://127.0.0.1:${port}${path}`)),
  )
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 404])
  expect(await answers[2]?.text()).toContain('# TYPE chatbot_jobs gauge')
  worker.kill('SIGTERM')
  expect(await once(worker, 'exit')).toEqual([0, null])
  expect(logged.at(-1)).toContain('"msg":"stopped"')
})

test('the worker without DATABASE_URL says why it cannot work', async () => {
  const { DATABASE_URL: _, DATABASE_OWNER_URL: __, ...rest } = settings()
  const { code, stderr } = await runToEnd('worker.ts', [], rest)
  expect(code).toBe(1)
  expect(stderr).toContain('DATABASE_URL: is not set; the embedded database')
  expect(stderr).not.toContain('    at ')
})

test('the operator sees dead jobs, and has them worked again or drops them', { timeout: 60_000 }, async () => {
  const queue = jobQueue<{ fileId: string }>({ name: 'operated', retryLimit: 0 })
  const jobs = scene.process()
  const worked: string[] = []
  let isBroken = true
  jobs.work(queue, async ({ fileId }) => {
    worked.push(fileId)
    if (isBroken) throw new Error('The disk is full.')
  })
  await jobs.open({ work: true })
  for (const fileId of ['a', 'b']) await jobs.enqueue(queue, { fileId })
  await until(async () => (await depth())?.dead === 2)
  expect((await command('list')).stdout).toMatch(/^operated +0 +0 +2 +0$/m)
  const dead = (await command('dead', 'operated')).stdout
  expect(dead).toMatch(/after 1 attempts\n {4}The disk is full\.\n {4}\{"fileId": ?"b"\}/)
  isBroken = false
  const [, id = ''] = /operated {2}(\S+) {2}/.exec(dead) ?? []
  expect((await command('retry', 'operated', id)).stdout).toBe('1 job is worked again.\n')
  await until(() => worked.length === 3)
  await until(async () => (await depth())?.dead === 1)
  expect((await command('forget', 'operated')).stdout).toBe('1 job is dropped.\n')
  expect(await depth()).toMatchObject({ waiting: 0, dead: 0 })

  async function depth() {
    return (await jobs.depths()).find((one) => one.queue === 'operated')
  }
})

test('the operator’s command explains itself', { timeout: 60_000 }, async () => {
  for (const args of [[], ['retry', 'a', 'b'], ['dead', '--limit', '0']]) {
    const { code, stderr } = await command(...args)
    expect([args, code]).toEqual([args, 2])
    expect(stderr).toContain('npm run jobs -- <command>')
  }
})

test('the operator’s command makes no database where the server has none', async () => {
  const dataDir = join(tmpdir(), `jobs-test-${randomBytes(6).toString('hex')}`)
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const { code, stderr } = await runToEnd('cli.ts', ['jobs', 'list'], { DATA_DIR: dataDir })
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining(`There is no embedded database in ${dataDir}.`),
  })
  expect(existsSync(dataDir)).toBe(false)
})

function command(...args: string[]) {
  return runToEnd('cli.ts', ['jobs', ...args], settings())
}

async function runToEnd(script: string, args: string[], env: Record<string, string>) {
  const child = run(script, args, env)
  const exited = once(child, 'close')
  const [stdout = '', stderr = ''] = await Promise.all(
    [child.stdout, child.stderr].map((from) => (from ? text(from) : '')),
  )
  return { code: (await exited)[0], stdout, stderr }
}

function run(script: string, args: string[], env: Record<string, string>): ChildProcess {
  const path = fileURLToPath(new URL(`../../src/${script}`, import.meta.url))
  const { PATH, HOME } = process.env
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path, ...args], {
    env: { PATH, HOME, NODE_ENV: 'test', LOG_LEVEL: 'error', ...env },
    // Without an `.env` of whoever runs the tests.
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

function settings(): Record<string, string> {
  const { runtimeUrl, ownerUrl } = scene.database
  return {
    DATABASE_URL: runtimeUrl,
    DATABASE_OWNER_URL: ownerUrl,
    SECRET_KEY: 'a key for tests that has forty-two characters',
  }
}
