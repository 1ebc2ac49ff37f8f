import { once } from 'node:events'
import { contract } from '@chatbot-platform/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withSession } from '../../src/platform/database/session.ts'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'
import { findNginx } from '../support/nginx.ts'
import { type Replicas, startReplicas } from '../support/replicas.ts'
import { unlimited } from '../support/unlimited.ts'
import { openAccount } from './scene.ts'

const hasNginx = findNginx() !== undefined
if (!hasNginx) process.stdout.write('SKIPPED: nginx is not installed, so no servers were tried behind it\n')

// What the tests of the API stand on when they run with TEST_REPLICAS.
describe.skipIf(!hasNginx)('three servers behind nginx', () => {
  let database: TestDatabase
  let replicas: Replicas
  let account: Awaited<ReturnType<typeof openAccount>>

  beforeAll(async () => {
    database = await createTestDatabase()
    const env = { ...unlimited, NODE_ENV: 'test', PORT: '0', LOG_LEVEL: 'silent', RUN_JOBS: 'false', DEMO_DELAY: '0' }
    const secretKey = 'a key for tests that has forty-two characters'
    const given = { databaseUrl: database.runtimeUrl, secretKey, passwordCost: 4 }
    replicas = await startReplicas({ env, given, clockFile: null }, 3)
    account = await openAccount(replicas.url)
  }, 90_000)
  afterAll(async () => {
    await replicas?.stop()
    await database?.drop()
  })

  const ask = (message: string) =>
    account.client.call(contract.chat.send, { body: { project_id: account.project.id, message } })

  test('each answers its part', async () => {
    for (const message of ['one', 'two', 'three', 'four', 'five', 'six']) await ask(message)
    const text = 'SELECT DISTINCT run_owner FROM messages WHERE run_owner IS NOT NULL'
    const { rows } = await withSession(database.superuserUrl, (client) => client.query(text))
    expect(rows).toHaveLength(3)
  })

  test('when one is killed the others answer whatever comes', async () => {
    const [first] = replicas.processes
    if (first?.kill('SIGKILL')) await once(first, 'exit')
    const { client } = account
    const statuses = await Promise.all(
      Array.from({ length: 30 }, (_, n) => (n % 2 ? ask('Hello') : client.call(contract.projects.list, { query: {} }))),
    )
    expect(statuses).toHaveLength(30)
  })
})
