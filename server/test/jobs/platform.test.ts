import { afterAll, beforeAll, expect, test } from 'vitest'
import { schemaProblems } from '../../src/cli/db-check.ts'
import { withSession } from '../../src/platform/database/session.ts'
import { jobQueue } from '../../src/platform/jobs/jobs.ts'
import { openMonitoring } from '../../src/platform/telemetry/monitoring.ts'
import { databaseFor, restore, save } from '../backup/backup-scene.ts'
import { startTestApp } from '../support/app.ts'
import { type JobsScene, openJobsScene, until } from './jobs-scene.ts'

const queue = jobQueue<{ fileId: string }>({ name: 'observed', retryLimit: 0 })
let scene: JobsScene
beforeAll(async () => {
  scene = await openJobsScene()
})
afterAll(() => scene.close())

test.each([
  ['GRANT USAGE ON SCHEMA other TO chatbot_runtime', 'schema other: chatbot_runtime may use it and it is not listed'],
  ['GRANT CREATE ON SCHEMA pgboss TO chatbot_runtime', 'schema pgboss: chatbot_runtime may CREATE in it'],
  ['GRANT USAGE ON SCHEMA pgboss TO PUBLIC', 'schema pgboss: everybody may USAGE in it'],
  ['GRANT TRUNCATE ON pgboss.job TO chatbot_runtime', 'table pgboss.job: chatbot_runtime may TRUNCATE'],
  ['GRANT SELECT ON pgboss.job TO chatbot_backup', 'table pgboss.job: chatbot_backup may SELECT'],
  [
    'ALTER FUNCTION pgboss.job_now() SECURITY DEFINER',
    'function pgboss.job_now(): runs with the rights of its owner and is not listed',
  ],
])('%s is noticed', async (change, problem) => {
  await withSession(scene.database.superuserUrl, async (client) => {
    await client.query(`BEGIN; CREATE SCHEMA other; ${change}`)
    expect(await schemaProblems(client)).toEqual([problem])
    await client.query('ROLLBACK')
  })
})

test('a backup holds no jobs, and restoring one over others drops theirs', async () => {
  const target = await databaseFor()
  const path = await save(target)
  await asSuperuser(`SELECT pgboss.create_queue('old', '{"policy": "short"}')`)
  await asSuperuser(`INSERT INTO pgboss.job (name, data) VALUES ('old', '{"fileId": "gone"}')`)
  expect(await asSuperuser('SELECT name FROM pgboss.job')).toEqual([{ name: 'old' }])
  await restore(target, path, { replace: true })
  expect(await asSuperuser('SELECT name FROM pgboss.job')).toEqual([])

  function asSuperuser(sql: string): Promise<object[]> {
    return withSession(target.superuserUrl, async (client) => (await client.query(sql)).rows)
  }
})

test('a server works jobs unless it is told not to, and counts and times them', { timeout: 60_000 }, async () => {
  const metrics = { port: 0, host: '127.0.0.1', token: null }
  const monitoring = await openMonitoring({ metrics, tracing: null, sentry: null }, '0.0.0')
  const app = await startTestApp({ env: { METRICS_PORT: '0', RUN_JOBS: 'true' }, given: { monitoring } })
  const idle = await startTestApp({ env: { RUN_JOBS: 'false' }, database: app.database })
  try {
    const worked: string[] = []
    app.server.deps.jobs.work(queue, async ({ fileId }) => {
      worked.push(fileId)
      throw new Error('no')
    })
    idle.server.deps.jobs.work(queue, async () => void worked.push('by the server that should not'))
    await idle.server.deps.jobs.enqueue(queue, { fileId: 'a' })
    await until(() => worked.length > 0)
    expect(worked).toEqual(['a'])
    const text = async () => (await monitoring.metrics?.text()) ?? ''
    await until(async () => /chatbot_jobs_dead_total\{queue="observed"\} 1/.test(await text()), 20_000)
    await until(async () => /chatbot_jobs\{queue="observed",state="dead"\} 1/.test(await text()), 20_000)
    expect(await text()).toMatch(/chatbot_jobs_failed_total\{queue="observed"\} 1/)
    expect(await text()).toMatch(/chatbot_job_duration_seconds_count\{queue="observed",outcome="failed"\} 1/)
    expect(await text()).toMatch(/chatbot_jobs_oldest_waiting_seconds\{queue="observed"\} 0/)
  } finally {
    await idle.close()
    await app.close()
  }
})
