import { setTimeout as sleep } from 'node:timers/promises'
import { contract, fillPath, type Project, SessionExport } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withSession } from '../../src/platform/database/session.ts'
import { attachment } from '../../src/platform/http/download.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { ask, problemOf } from '../support/turns.ts'

let app: TestApp
let user: TestUser
let project: Project

beforeAll(async () => {
  app = await startTestApp()
  user = await app.user()
  project = await createProject(user)
})
afterAll(() => app.close())

test('Markdown has the path shown, who said it when and how it ended, and closes a block that was cut', async () => {
  app.upstream.plays([{ text: ['first'] }, { text: ['second'] }, { text: ['```js\nlet a', 'never'], cutAfter: 1 }])
  const turn = await ask(user, project, 'Opening hours?')
  const params = { message_id: turn.assistant_message.id }
  const { assistant_message: second } = await user.client.call(contract.chat.regenerate, { params, body: {} })
  const problem = await problemOf(ask(user, project, 'And code?', turn.session_id))
  const failed = problem.assistant_message as { timestamp: string }
  await rename(turn.session_id, 'Öffnungs/zeiten "neu"')
  const response = await download(turn.session_id, 'markdown')
  expect(response.headers.get('content-type')).toBe('text/markdown; charset=utf-8')
  expect(response.headers.get('content-disposition')).toBe(
    `attachment; filename="O_ffnungs-zeiten -neu.md"; filename*=UTF-8''%C3%96ffnungs-zeiten%20-neu.md`,
  )
  const text = await response.text()
  expect(text).toContain('# Öffnungs/zeiten "neu"\n\n## User · ')
  expect(text).toContain(`## Assistant · ${second.timestamp} · openai-compatible / test-model\n\nsecond\n`)
  expect(text).toContain(`## Assistant · ${failed.timestamp} · openai-compatible / test-model · failed: provider_`)
  expect(text.endsWith('\n\n```js\nlet a\n```\n')).toBe(true)
  expect(text).not.toContain('first')
})

test('JSON is every message as the API shows it, other paths included', async () => {
  app.upstream.plays([{ text: ['one "quoted"\n👋'] }, { text: ['two'] }])
  const turn = await ask(user, project, 'Hello')
  const params = { message_id: turn.assistant_message.id }
  await user.client.call(contract.feedback.set, { params, body: { rating: 'up' } })
  await user.client.call(contract.chat.regenerate, { params, body: {} })
  const response = await download(turn.session_id, 'json')
  expect(response.headers.get('content-disposition')).toMatch(/^attachment; .*\.json$/)
  const file = SessionExport.parse(await response.json())
  const session = await user.client.call(contract.sessions.get, { params: { session_id: turn.session_id } })
  expect(file.session).toEqual(session)
  const siblings = await user.client.call(contract.chat.siblings, { params })
  const rated = siblings.map((one) =>
    one.id === params.message_id ? { ...one, feedback: file.messages[1]?.feedback } : one,
  )
  expect(file.messages).toEqual([turn.message, ...rated])
  expect(file.messages[1]?.feedback).toEqual({ rating: 'up', reason: null })
})

test('10,000 long messages are read only as fast as they are taken', async () => {
  app.upstream.plays([{ text: ['ok'] }])
  const { session_id: id } = await ask(user, project, 'Hello')
  await withSession(app.database.superuserUrl, (client) =>
    client.query(
      `INSERT INTO messages (workspace_id, id, session_id, seq, role, content, state)
       SELECT workspace_id, gen_random_uuid(), id, n, 'user', repeat(md5(n::text), 200), 'complete'
         FROM chat_sessions, generate_series(3, 10000) n WHERE id = '${id}'`,
    ),
  )
  let reads = 0
  app.server.deps.db.pool.on('acquire', () => {
    reads += 1
  })
  const response = await download(id, 'json')
  await sleep(1000)
  // The connection's buffers take some; all of it would be 50 reads.
  expect(reads).toBeLessThan(25)
  const text = await response.text()
  expect(text.length).toBeGreaterThan(64_000_000)
  expect(JSON.parse(text).messages).toHaveLength(10_000)
}, 60_000)

test('a reader who leaves ends the reading', async () => {
  app.upstream.plays([{ text: ['ok'] }])
  const { session_id: id } = await ask(user, project, 'Hello')
  const leave = new AbortController()
  const response = await download(id, 'json', leave.signal)
  leave.abort()
  await expect(response.text()).rejects.toThrow()
  const session = await user.client.call(contract.sessions.get, { params: { session_id: id } })
  expect(session.id).toBe(id)
})

test('an unknown format is refused, and a foreign session is a 404', async () => {
  app.upstream.plays([{ text: ['ok'] }])
  const { session_id } = await ask(user, project, 'Hello')
  const params = { session_id }
  const call = (as: TestUser, format: string) =>
    as.client.send(contract.sessions.export, { params, query: { format: format as 'json' } })
  expect(await problemOf(call(user, 'pdf'))).toMatchObject({ status: 422, errors: [{ loc: ['query', 'format'] }] })
  expect(await problemOf(call(await app.user(), 'json'))).toMatchObject({ status: 404 })
})

test.each([
  ['a/b\\c:d*e?"<>|', 'a-b-c-d-e.md'],
  ['..', 'file.md'],
  ['con', 'file-con.md'],
  ['a\r\nx-evil: 1', 'a-x-evil- 1.md'],
  ['50% off; "now"', '50- off; -now.md'],
])('a file named %j is safe on every system', (name, expected) => {
  const header = attachment(name, 'md')
  expect(decodeURIComponent(header.split("filename*=UTF-8''")[1] ?? '')).toBe(expected)
  expect(header).toMatch(/^attachment; filename="[\x20-\x7e]+"; filename\*=UTF-8''[\w!#$&+.^`|~%-]+$/)
})

async function download(id: string, format: 'markdown' | 'json', signal?: AbortSignal): Promise<Response> {
  const path = fillPath(contract.sessions.export.path, { session_id: id })
  const headers = { authorization: `Bearer ${user.token}` }
  const response = await fetch(`${app.url}${path}?format=${format}`, { headers, ...(signal ? { signal } : {}) })
  expect(response.status).toBe(200)
  return response
}

function rename(id: string, title: string) {
  return user.client.call(contract.sessions.update, { params: { session_id: id }, body: { title } })
}
