import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../src/platform/ids.ts'
import { type JobContext, type JobQueue, jobQueue } from '../../src/platform/jobs/jobs.ts'
import { mintScope } from '../../src/platform/scope.ts'
import { type JobsScene, openJobsScene, until } from './jobs-scene.ts'

interface Payload {
  fileId: string
}

const somebody = mintScope({ workspaceId: newId(), userId: newId(), familyId: newId() })
let scene: JobsScene
beforeAll(async () => {
  scene = await openJobsScene()
})
afterAll(() => scene.close())

describe('a job', () => {
  test('is worked as soon as its transaction has committed, and then gone', async () => {
    const queue = jobQueue<Payload>({ name: 'prompt' })
    const worked: { fileId: string; atMs: number }[] = []
    const jobs = await working(queue, async ({ fileId }) => {
      worked.push({ fileId, atMs: performance.now() })
    })
    const delaysMs: number[] = []
    for (let i = 0; i < 9; i++) {
      await scene.db.tenant(somebody, (tx) => jobs.enqueue(queue, { fileId: `file ${i}` }, { tx }))
      const committedMs = performance.now()
      await until(() => worked.length === i + 1)
      delaysMs.push((worked[i]?.atMs ?? 0) - committedMs)
    }
    expect(worked.map(({ fileId }) => fileId)).toEqual(Array.from({ length: 9 }, (_, i) => `file ${i}`))
    expect(delaysMs.sort((a, b) => a - b)[4]).toBeLessThan(200)
    await until(async () => (await rowsOf('prompt')).length === 0)
  })

  test('does not exist when its transaction is rolled back', async () => {
    const queue = jobQueue<Payload>({ name: 'rolled-back' })
    const jobs = scene.process()
    const failing = scene.db.tenant(somebody, async (tx) => {
      expect(await jobs.enqueue(queue, { fileId: 'lost' }, { tx })).toMatch(/^[0-9a-f-]{36}$/)
      throw new Error('the transaction fails')
    })
    await expect(failing).rejects.toThrow('the transaction fails')
    expect(await rowsOf('rolled-back')).toEqual([])
  })

  test('waits once for each singleton key', async () => {
    const queue = jobQueue<Payload>({ name: 'single' })
    const jobs = scene.process()
    const enqueue = (key?: string) =>
      jobs.enqueue(queue, { fileId: 'a' }, key === undefined ? {} : { singletonKey: key })
    expect(await enqueue('one')).not.toBeNull()
    expect(await enqueue('one')).toBeNull()
    expect(await enqueue('two')).not.toBeNull()
    expect(await enqueue()).not.toBeNull()
    expect(await enqueue()).not.toBeNull()
    expect(await depthOf('single')).toMatchObject({ waiting: 4, active: 0, dead: 0 })
  })

  test('goes first with a higher priority, and not before its time', async () => {
    const queue = jobQueue<Payload>({ name: 'ordered' })
    const jobs = scene.process()
    await jobs.enqueue(queue, { fileId: 'later' }, { startAfterSeconds: 2 })
    await jobs.enqueue(queue, { fileId: 'second' })
    await jobs.enqueue(queue, { fileId: 'first' }, { priority: 1 })
    const began = performance.now()
    const worked: string[] = []
    await working(queue, async ({ fileId }) => void worked.push(fileId))
    await until(() => worked.length === 3)
    expect(worked).toEqual(['first', 'second', 'later'])
    expect(performance.now() - began).toBeGreaterThan(1500)
  })

  test('of many follows the one before without a pause', async () => {
    const queue = jobQueue<Payload>({ name: 'many', concurrency: 2 })
    const sending = scene.process()
    await Promise.all(Array.from({ length: 100 }, (_, i) => sending.enqueue(queue, { fileId: `file ${i}` })))
    const worked = new Set<string>()
    await working(queue, async ({ fileId }) => void worked.add(fileId))
    const began = performance.now()
    await until(() => worked.size === 100)
    expect(performance.now() - began).toBeLessThan(5000)
  })

  test('is told by another queue of the same name that it has a handler already', () => {
    const jobs = scene.process()
    jobs.work(jobQueue<Payload>({ name: 'twice' }), async () => undefined)
    expect(() => jobs.work(jobQueue<Payload>({ name: 'twice' }), async () => undefined)).toThrow(/handler already/)
  })
})

describe('a job that fails', () => {
  test('is tried again after pauses that grow, and lies with the dead letters in the end', {
    timeout: 40_000,
  }, async () => {
    const queue = jobQueue<Payload>({ name: 'failing', retryLimit: 2, retryDelaySeconds: 1 })
    const attempts: { attempt: number; isLastAttempt: boolean; atMs: number }[] = []
    const dead: [string, string][] = []
    const jobs = await working(
      queue,
      async (_payload, { attempt, isLastAttempt }) => {
        attempts.push({ attempt, isLastAttempt, atMs: performance.now() })
        throw new Error('The file is damaged. It said "secret"')
      },
      async ({ fileId }, error) => void dead.push([fileId, error]),
    )
    await jobs.enqueue(queue, { fileId: 'broken' })
    await until(() => dead.length === 1, 20_000)
    expect(attempts.map(({ attempt, isLastAttempt }) => [attempt, isLastAttempt])).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ])
    const pauseMs = (i: number) => (attempts[i]?.atMs ?? 0) - (attempts[i - 1]?.atMs ?? 0)
    expect(pauseMs(1)).toBeGreaterThan(950)
    expect(pauseMs(2)).toBeGreaterThan(1950)
    expect(dead).toEqual([['broken', 'The file is damaged. It said …']])
    expect(await depthOf('failing')).toMatchObject({ waiting: 0, active: 0, dead: 1 })
    expect(JSON.stringify(await rowsOf('failing'))).not.toContain('secret')
  })

  test('is told to its owner again until the owner has taken note', async () => {
    const queue = jobQueue<Payload>({ name: 'deaf', retryLimit: 0 })
    let told = 0
    const jobs = await working(
      queue,
      async () => {
        throw new Error('no')
      },
      async () => {
        told++
        throw new Error('the owner is away')
      },
    )
    await jobs.enqueue(queue, { fileId: 'x' })
    await until(() => told === 1, 10_000)
    await until(async () => (await rowsOf('deaf.dead')).some(({ state }) => state === 'retry'))
  })

  test('has its signal aborted when its time is over', async () => {
    const queue = jobQueue<Payload>({ name: 'slow', retryLimit: 0, expireInSeconds: 1 })
    let aborted = false
    const dead: string[] = []
    const jobs = await working(
      queue,
      async (_payload, { signal }) => {
        await sleep(20_000, undefined, { signal }).catch(() => {
          aborted = signal.aborted
          throw new Error('stopped')
        })
      },
      async (_payload, error) => void dead.push(error),
    )
    await jobs.enqueue(queue, { fileId: 'long' })
    await until(() => dead.length === 1, 10_000)
    expect(aborted).toBe(true)
    expect(dead).toEqual([expect.stringMatching(/exceeded 1s|timed out/)])
  })
})

describe('a process that leaves', () => {
  test('lets a job that is at work finish', async () => {
    const queue = jobQueue<Payload>({ name: 'finishing' })
    let state = 'waiting'
    const jobs = await working(queue, async (_payload, { signal }) => {
      state = 'at work'
      await sleep(500, undefined, { signal })
      state = 'done'
    })
    await jobs.enqueue(queue, { fileId: 'a' })
    await until(() => state === 'at work')
    await jobs.close(5000)
    expect(state).toBe('done')
    expect(await rowsOf('finishing')).toEqual([])
  })

  test.each([
    ['a handler that listens to its signal', true],
    ['a handler that does not', false],
  ])('gives the job of %s back, which costs no attempt', async (_name, listens) => {
    const queue = jobQueue<Payload>({ name: `given-back-${listens}`, retryLimit: 0 })
    const begun: string[] = []
    const leaving = await working(queue, async (_payload, { signal }) => {
      begun.push('first')
      await sleep(30_000, undefined, { ref: false, ...(listens ? { signal } : {}) })
    })
    await leaving.enqueue(queue, { fileId: 'a' })
    await until(() => begun.length === 1)
    const contexts: JobContext[] = []
    await working(queue, async (_payload, context) => {
      contexts.push(context)
    })
    const began = performance.now()
    await leaving.close(100)
    await until(() => contexts.length === 1)
    expect(performance.now() - began).toBeLessThan(3000)
    expect(contexts[0]).toMatchObject({ isLastAttempt: true })
    await until(async () => (await rowsOf(queue.name)).length === 0)
  })
})

describe('a schedule', () => {
  test('enqueues an empty payload when its time has come', { timeout: 130_000 }, async () => {
    const queue = jobQueue<Record<string, never>>({ name: 'chore' })
    const jobs = scene.process()
    const heard: object[] = []
    jobs.work(queue, async (payload) => void heard.push(payload))
    jobs.schedule(queue, '* * * * *')
    await jobs.open({ work: true })
    await until(() => heard.length > 0, 120_000)
    expect(heard[0]).toEqual({})
  })
})

async function working<P extends object>(
  queue: JobQueue<P>,
  handler: (payload: P, context: JobContext) => Promise<void>,
  onDead?: (payload: P, error: string) => Promise<void>,
) {
  const jobs = scene.process()
  jobs.work(queue, handler, onDead ? { onDead } : {})
  await jobs.open({ work: true })
  return jobs
}

async function depthOf(queue: string) {
  return (await scene.process().depths()).find((depth) => depth.queue === queue)
}

async function rowsOf(queue: string): Promise<{ state: string; output: unknown }[]> {
  const { rows } = await scene.db.pool.query('SELECT state, output FROM pgboss.job WHERE name = $1', [queue])
  return rows
}
