import { globSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Client, createClient } from '@chatbot-platform/client'
import { contract } from '@chatbot-platform/contract'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { withSession } from '../../src/platform/database/session.ts'
import { createLogger, loggedFields } from '../../src/platform/logging.ts'
import { startServer } from '../../src/server.ts'
import { createTestDatabase } from '../support/databases.ts'
import { startUpstream } from '../support/upstream.ts'

const secrets = {
  password: 'CANARY-password',
  wrongPassword: 'CANARY-wrong-password',
  email: 'canary-person@example.com',
  apiKey: 'CANARY-api-key',
  secretKey: 'CANARY-secret-key-that-is-long-enough',
  metricsToken: 'CANARY-metrics-token',
  otherToken: 'CANARY-authorization',
  message: 'CANARY-message',
  answer: 'CANARY-answer',
  upstreamWords: 'CANARY-upstream-words',
  search: 'CANARY-search',
  document: 'CANARY-document',
  fileName: 'CANARY-file-name',
}
const lines: string[] = []

beforeAll(async () => {
  const database = await createTestDatabase()
  const upstream = await startUpstream()
  const config = loadConfig(
    {
      NODE_ENV: 'test',
      PORT: '0',
      OPENAI_COMPATIBLE_BASE_URL: `${upstream.url}/v1`,
      OPENAI_COMPATIBLE_API_KEY: secrets.apiKey,
      LLM_MODEL: 'test-model',
      METRICS_TOKEN: secrets.metricsToken,
      FILES_URL: pathToFileURL(join(tmpdir(), 'chatbot-test-files', database.name)).href,
    },
    null,
  )
  const logger = createLogger('debug', { write: (line: string) => lines.push(line) })
  const given = { databaseUrl: database.runtimeUrl, secretKey: secrets.secretKey, passwordCost: 4 }
  const server = await startServer(config, logger, given)
  upstream.plays([
    { text: [secrets.answer] },
    { status: 401, body: JSON.stringify({ error: { message: secrets.upstreamWords } }) },
    { text: [secrets.answer], errorAfter: 1, error: { message: secrets.upstreamWords } },
    { rawChunks: [`data: {"choices": ${secrets.upstreamWords}\n\n`] },
  ])
  await useEverything(server.url)
  await withSession(database.superuserUrl, (client) => client.query('ALTER TABLE projects RENAME TO gone'))
  await breakEverything(server.url)
  await server.stop(0)
  await upstream.close()
  await database.drop()
}, 60_000)

let token = ''
let projectId = ''

/** What works, and what a caller may do wrong. */
async function useEverything(url: string): Promise<void> {
  const anonymous = createClient({ baseUrl: url })
  const { email, password } = secrets
  await anonymous.call(contract.auth.register, { body: { email, password } })
  const wrong = { username: email, password: secrets.wrongPassword }
  await anonymous.call(contract.auth.login, { body: wrong }).catch(() => undefined)
  token = (await anonymous.call(contract.auth.login, { body: { username: email, password } })).access_token
  const user = createClient({ baseUrl: url, token })
  projectId = (await user.call(contract.projects.create, { body: { name: secrets.message } })).id
  const params = { project_id: projectId }
  await user.call(contract.prompts.create, { params, body: { content: secrets.message } })
  for (let turn = 0; turn < 4; turn++) {
    await user.call(contract.chat.send, { body: { project_id: projectId, message: secrets.message } }).catch(() => 0)
  }
  await uploadDocuments(user)
  await post(url, '/chat', `{"message": ${secrets.message}`)
  await post(url, '/chat', JSON.stringify({ message: [secrets.message] }))
  await post(url, `/nowhere/${secrets.message}?q=${secrets.search}`, '{}')
  await fetch(`${url}/search?q=${secrets.search}`, { headers: { authorization: `Bearer ${token}` } })
  await fetch(`${url}/users/me`, { headers: { authorization: `Bearer ${secrets.otherToken}` } })
  await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${secrets.metricsToken}` } })
}

/** One that is read, one that cannot be read, and one that is not taken. */
async function uploadDocuments({ call }: Client): Promise<void> {
  const { document, fileName } = secrets
  const params = { project_id: projectId }
  const names = [`${fileName}.txt`, `${fileName}.json`, `${fileName}.exe`]
  const files = names.map((name) => new File([`{ ${document} of ${name}`], name))
  await call(contract.files.upload, { params, body: { files } })
  const stateOf = async () => (await call(contract.files.list, { params, query: {} })).map(({ state }) => state).sort()
  await vi.waitFor(async () => expect(await stateOf()).toEqual(['failed', 'ready']), { timeout: 30_000, interval: 100 })
}

/** Requests that end in a fault, once a table is missing. */
async function breakEverything(url: string): Promise<void> {
  await post(url, '/projects', JSON.stringify({ name: secrets.message }))
  await post(url, '/chat', JSON.stringify({ project_id: projectId, message: secrets.message }))
  await fetch(`${url}/search?q=${secrets.search}`, { headers: { authorization: `Bearer ${token}` } })
}

function post(url: string, path: string, body: string): Promise<Response> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  return fetch(`${url}${path}`, { method: 'POST', headers, body })
}

afterAll(() => void lines.splice(0))

test('the run has left the lines of requests, of failed calls and of faults', () => {
  const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  const faults = events.filter(({ level, err }) => level === 'error' && err !== undefined)
  expect(events.filter(({ msg }) => msg === 'request').length).toBeGreaterThanOrEqual(15)
  expect(events.filter(({ code }) => code === 'provider_auth').length).toBeGreaterThan(0)
  expect(faults.length).toBeGreaterThanOrEqual(2)
  expect(JSON.stringify(faults)).toContain('42P01')
})

test.each(Object.entries(secrets))('%s is in none of them', (_, secret) => {
  expect(lines.filter((line) => line.toLowerCase().includes(secret.toLowerCase()))).toEqual([])
})

test('no token that was handed out is in them either', () => {
  expect(token).not.toBe('')
  expect(lines.join('')).not.toContain(token)
})

test('every field that the code names is one that is logged', () => {
  const files = globSync('**/*.ts', { cwd: new URL('../../src', import.meta.url).pathname })
  const calls = files.flatMap((file) => {
    const source = readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8')
    return [...source.matchAll(/\blog(?:ger)?\.(?:debug|info|warn|error|fatal)\(\s*\{([^{}]*)\}/g)]
  })
  const fields = calls.flatMap(([, list = '']) => list.split(',').flatMap((part) => /^\s*(\w+)/.exec(part)?.[1] ?? []))
  expect(fields.length).toBeGreaterThan(30)
  expect(fields.filter((field) => !loggedFields.has(field))).toEqual([])
})

describe('the logger', () => {
  const written: string[] = []
  const logger = createLogger('debug', { write: (line: string) => written.push(line) })
  const canary = 'CANARY-in-a-log-call'

  test.each<[string, () => void]>([
    ['a field that is not listed', () => logger.info({ token: canary }, 'event')],
    ['an object in a listed field', () => logger.info({ route: { url: canary } }, 'event')],
    ['what a child is bound to', () => logger.child({ headers: canary }).child({ body: canary }).info('event')],
    ['a value in a sentence', () => logger.info('event %s', canary)],
    ['the query of an address in a sentence', () => logger.info(`replied twice at /search?q=${canary}`)],
    ['what an error quotes', () => logger.error({ err: syntaxError(`{"a": ${canary}`) }, 'event')],
    ['an error alone', () => logger.error(syntaxError(`{"a": "${canary}`) as never)],
    ['an error whose text is the sentence', () => logError(syntaxError(`["${canary}" ${canary}`))],
    ['the detail of an error', () => logger.error({ err: Object.assign(new Error('x'), { detail: canary }) }, 'event')],
    ['the values of a query', () => logger.error({ err: new Error(`Failed query: … params: ${canary}`) }, 'event')],
    ['a value that a database refused', () => logger.error({ err: refused(`invalid text: ${canary}`) }, 'event')],
    ['a cause', () => logger.error({ err: new Error('x', { cause: syntaxError(`[${canary}`) }) }, 'event')],
  ])('drops %s', (_, log) => {
    written.length = 0
    log()
    expect(written).toHaveLength(1)
    expect(written[0]).not.toContain(canary)
  })

  function logError(error: Error): void {
    logger.error({ err: error }, error.message)
  }
})

function refused(message: string): Error {
  return Object.assign(new Error(message), { code: '22P02' })
}

function syntaxError(json: string): Error {
  try {
    JSON.parse(json)
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('that was valid')
}
