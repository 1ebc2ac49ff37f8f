import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@chatbot-platform/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp } from '../support/app.ts'
import { type SpawnedApp, spawnApp } from '../support/spawned-app.ts'
import { getFile, untilRead, upload } from './uploads.ts'

let app: TestApp
let server: SpawnedApp

beforeAll(async () => {
  app = await startTestApp({ env: { RUN_JOBS: 'false' } })
  server = await spawnApp(app.database.runtimeUrl, {})
})
afterAll(async () => {
  await server.kill()
  await app.close()
})

/** How long `/health/live` took to answer, in milliseconds: the 99th of 100 answers, asked for one after the other. */
async function slowAnswer(isOver: () => boolean): Promise<number> {
  const times: number[] = []
  while (!isOver() || times.length < 50) {
    const began = performance.now()
    await (await fetch(`${server.url}/health/live`)).text()
    times.push(performance.now() - began)
    await sleep(5)
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0
}

test('while large documents are read, requests are answered as at any other time', { timeout: 180_000 }, async () => {
  const user = await app.user()
  const project = await createProject(user)
  const client = createClient({ baseUrl: server.url, token: user.token })
  // Until all that a new process loads is there.
  await sleep(2000)
  const calm = await slowAnswer(() => true)
  const text = Array.from(
    { length: 1500 },
    (_, part) => `# Part ${part}\n\n${`A sentence of part ${part} about something else. `.repeat(60)}`,
  )
  const [result] = await upload({ ...user, client }, project, { 'large.md': text.join('\n\n') })
  if (!result?.file) throw new Error('the file was not taken')
  let isRead = false
  const reading = untilRead(user, result.file, 150_000).finally(() => {
    isRead = true
  })
  const slow = await slowAnswer(() => isRead)
  process.stdout.write(`p99 of /health/live: ${calm.toFixed(1)} ms calm, ${slow.toFixed(1)} ms while reading\n`)
  expect((await reading).state).toBe('ready')
  expect((await getFile(user, result.file)).passages).toBeGreaterThan(1000)
  // The processor is shared with the reader, and with whoever else runs tests here.
  expect(slow).toBeLessThan(100 + calm * 3)
})
