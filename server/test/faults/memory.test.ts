import { ApiError, type Client, createClient, readEvents } from '@chatbot-platform/client'
import { contract, type Message, type Project } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, startTestApp } from '../support/app.ts'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'
import { type SpawnedApp, spawnApp } from '../support/spawned-app.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import type { Round } from '../support/upstream-round.ts'
import { chunk, event, finish } from './fault.ts'

const mebibyte = 1024 * 1024
/** What one fault may add to the most memory the server has ever held. */
const allowed = 128 * mebibyte

let database: TestDatabase
let upstream: Upstream
let app: SpawnedApp
let client: Client
let project: Project

/** The server alone in a process, so that it is weighed without the upstream and the reader. */
beforeAll(async () => {
  database = await createTestDatabase()
  upstream = await startUpstream()
  const first = await startTestApp({ database })
  const user = await first.user()
  project = await createProject(user)
  await first.close()
  const settings = { OPENAI_COMPATIBLE_BASE_URL: `${upstream.url}/v1`, LLM_MODEL: 'test-model' }
  app = await spawnApp(database.runtimeUrl, settings)
  client = createClient({ baseUrl: app.url, token: user.token })
  await client.call(contract.chat.send, { body: { project_id: project.id, message: 'Warm up' } })
})
afterAll(async () => {
  await app.kill()
  await upstream.close()
  await database.drop()
})

const fill = Buffer.alloc(mebibyte, 'x')
const fiftyMebibytes = Array.from({ length: 50 }, () => fill)

const refused: [name: string, round: Round][] = [
  ['a line of 50 MiB', { rawChunks: ['data: ', ...fiftyMebibytes] }],
  ['a line of 50 MiB within JSON', { rawChunks: ['data: {"choices":[{"delta":{"content":"', ...fiftyMebibytes] }],
  ['a body of 50 MiB', { status: 200, body: Buffer.concat([Buffer.from('{"a":"'), ...fiftyMebibytes]) }],
  ['an answer without end', { rawChunks: Array.from({ length: 60 }, () => event(chunk(`"${'x'.repeat(500_000)}"`))) }],
]

test.for(refused)('%s is given up, and its connection closed', async ([, round]) => {
  const before = await app.peakMemory()
  const request = upstream.requests.length
  upstream.plays([round])
  const answer = await failedTurn('Big')
  expect(answer).toMatchObject({ state: 'failed', error_code: 'provider_bad_response' })
  expect(upstream.requests[request]?.closedAt ?? (await upstream.requests[request]?.closed)).toBeGreaterThan(0)
  expect(upstream.requests).toHaveLength(request + 1)
  expect((await app.peakMemory()) - before).toBeLessThan(allowed)
})

test('a line of 50 MiB that is no field is passed over', async () => {
  const before = await app.peakMemory()
  upstream.plays([{ rawChunks: [...fiftyMebibytes, '\n', event(chunk('"a"'))] }])
  expect(await failedTurn('Noise')).toMatchObject({ error_code: 'provider_truncated', content: 'a' })
  expect((await app.peakMemory()) - before).toBeLessThan(allowed)
})

test('an error of 50 MiB is told by its status', async () => {
  const before = await app.peakMemory()
  upstream.plays([{ status: 401, body: Buffer.concat(fiftyMebibytes) }])
  expect(await failedTurn('Big error')).toMatchObject({ state: 'failed', error_code: 'provider_auth', content: '' })
  expect((await app.peakMemory()) - before).toBeLessThan(allowed)
})

test('a million pieces of one letter are one answer', async () => {
  const before = await app.peakMemory()
  const thousand = event(chunk('"x"')).repeat(1000)
  const million = [...Array.from({ length: 1000 }, () => thousand), event(finish), event('[DONE]')]
  upstream.plays([{ rawChunks: million }])
  const body = { project_id: project.id, message: 'Many', stream: true }
  const response = await client.send(contract.chat.send, { body })
  let streamed = ''
  let answer: Message | null = null
  for await (const received of readEvents(response.body ?? new ReadableStream())) {
    if (received.event === 'delta') streamed += received.data.text
    if (received.event === 'done') answer = received.data.assistant_message
  }
  expect(answer).toMatchObject({ state: 'complete', finish_reason: 'stop' })
  expect(streamed === 'x'.repeat(1_000_000) && answer?.content === streamed).toBe(true)
  const params = { message_id: answer?.id ?? '' }
  expect((await client.call(contract.chat.message, { params })).content === streamed).toBe(true)
  expect((await app.peakMemory()) - before).toBeLessThan(allowed)
})

/** The stored answer of a turn that fails. */
async function failedTurn(message: string): Promise<Message> {
  const error: unknown = await client
    .call(contract.chat.send, { body: { project_id: project.id, message } })
    .catch((reason: unknown) => reason)
  if (!(error instanceof ApiError)) throw new Error('the turn did not fail')
  const params = { session_id: String(error.problem.session_id) }
  const stored = await client.call(contract.sessions.messages, { params, query: {} })
  expect(stored[0]).toMatchObject({ role: 'user', content: message, state: 'complete' })
  if (!stored[1]) throw new Error('no answer is stored')
  return stored[1]
}
