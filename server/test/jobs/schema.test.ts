import { setTimeout as sleep } from 'node:timers/promises'
import { PgBoss } from 'pg-boss'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withSession } from '../../src/platform/database/session.ts'
import { strengthsOf } from '../../src/platform/database/weakness.ts'
import { jobQueue } from '../../src/platform/jobs/jobs.ts'
import { type JobsScene, openJobsScene, until } from './jobs-scene.ts'

let scene: JobsScene
beforeAll(async () => {
  scene = await openJobsScene()
})
afterAll(() => scene.close())

test('the migrated schema is the one that pg-boss wants', async () => {
  const boss = new PgBoss({
    connectionString: scene.database.ownerUrl,
    migrate: false,
    supervise: false,
    schedule: false,
    registerInstance: false,
  })
  try {
    await boss.start()
    expect(await boss.schemaVersion()).toBe(46)
    expect(await boss.detectSchemaDrift()).toMatchObject({ ok: true, extraIndexes: [] })
  } finally {
    await boss.stop({ graceful: false })
  }
})

test('the login that serves works, supervises and schedules with the rights that it has', async () => {
  const complaints: string[] = []
  const logger = pino({ level: 'warn' }, { write: (line: string) => void complaints.push(line) })
  const jobs = scene.process({ logger, pace: { heartbeatSeconds: 10, superviseSeconds: 1, pollSeconds: 1 } })
  const queue = jobQueue<Record<string, never>>({ name: 'rights' })
  let worked = 0
  jobs.work(queue, async () => void worked++)
  jobs.schedule(queue, '0 0 1 1 *')
  await jobs.open({ work: true })
  await jobs.enqueue(queue, {})
  await until(() => worked === 1)
  await sleep(3500)
  const { rows } = await scene.db.pool.query(
    `SELECT maintain_on IS NOT NULL AS maintained, monitor_on IS NOT NULL AS monitored FROM pgboss.queue WHERE name = 'rights'`,
  )
  expect(rows).toEqual([{ maintained: true, monitored: true }])
  expect(complaints).toEqual([])
})

test('the login that serves changes no structure and stays weak', async () => {
  await withSession(scene.database.runtimeUrl, async (client) => {
    expect(await strengthsOf(client)).toEqual([])
    for (const sql of [
      'CREATE TABLE pgboss.other (id int)',
      'ALTER TABLE pgboss.job ADD COLUMN other int',
      `SELECT pgboss.create_queue('own-table', '{"policy": "short", "partition": true}')`,
      `SELECT pgboss.delete_queue('rights')`,
      'TRUNCATE pgboss.job',
    ]) {
      await expect(client.query(sql)).rejects.toMatchObject({ code: '42501' })
    }
  })
})
