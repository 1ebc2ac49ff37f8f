import { Problem } from '@chatbot-platform/contract'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser, testPassword } from '../support/app.ts'
import { findNginx, startNginx, type TestNginx } from '../support/nginx.ts'

const program = findNginx()
if (!program)
  process.stdout.write(
    'SKIPPED: nginx is not installed, so its configuration was not tried (apt-get install nginx-light)\n',
  )

// deploy/nginx/chatbot.conf as it is, but for its ports and paths.
describe.skipIf(!program)('nginx with our configuration', () => {
  const agent = new Agent({ connect: { rejectUnauthorized: false } })
  let app: TestApp
  let user: TestUser
  let nginx: TestNginx

  beforeAll(async () => {
    app = await startTestApp({ env: { TRUST_PROXY: 'true', METRICS_TOKEN: 'a-token-for-the-tests' } })
    user = await app.user()
    nginx = await startNginx([new URL(app.url).host], { tls: true })
  })
  afterAll(async () => {
    await nginx?.stop()
    await agent.close()
    await app?.close()
  })

  const ask = (path: string, options: { method?: 'POST'; body?: string; headers?: Record<string, string> } = {}) =>
    request(`${nginx.url}${path}`, {
      dispatcher: agent,
      ...options,
      headers: { authorization: `Bearer ${user.token}`, ...options.headers },
    })

  test('serves the API by TLS, sends everybody there, and keeps the metrics to itself', async () => {
    const ready = await ask('/health/ready')
    expect([ready.statusCode, await ready.body.json()]).toMatchObject([200, { status: 'ready' }])
    const plain = await fetch(`${nginx.plainUrl}/docs?a=1`, { redirect: 'manual' })
    expect([plain.status, plain.headers.get('location')]).toEqual([308, 'https://127.0.0.1/docs?a=1'])
    const metrics = await ask('/metrics', { headers: { authorization: 'Bearer a-token-for-the-tests' } })
    await metrics.body.dump()
    expect(metrics.statusCode).toBe(404)
  })

  test('passes each event of a stream on while the answer is being written', async () => {
    const project = await createProject(user)
    const gate = app.upstream.gate()
    app.upstream.plays([{ text: ['first', 'last'], gate, gateAfter: 1 }])
    const body = JSON.stringify({ project_id: project.id, message: 'Hello', stream: true })
    const stream = await ask('/chat', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
    let text = ''
    for await (const piece of stream.body) {
      text += piece
      // Only now may the model go on: a proxy that waits for more never gets here.
      if (text.includes('first')) gate.open()
    }
    expect(text.indexOf('first')).toBeLessThan(text.indexOf('last'))
    expect(text).toContain('event: done')
  })

  test.each([
    ['a body', 413, 'too_large', { headers: {}, body: JSON.stringify({ name: 'x'.repeat(1_100_000) }) }],
    ['a header', 431, 'headers_too_large', { headers: { 'x-long': 'x'.repeat(20_000) }, body: '{}' }],
  ])('refuses %s that is too large as the server does', async (_, status, code, { headers, body }) => {
    const json = { 'content-type': 'application/json', ...headers }
    const answer = await ask('/projects', { method: 'POST', body, headers: json })
    expect(answer.statusCode).toBe(status)
    const problem = Problem.parse(await answer.body.json())
    expect(problem).toMatchObject({ status, code, request_id: answer.headers['x-request-id'] })
  })

  test('passes documents on that are larger than any other body', async () => {
    const project = await createProject(user)
    const text = 'many words '.repeat(300_000)
    const part = `Content-Disposition: form-data; name="files"; filename="long.txt"\r\n\r\n${text}`
    const headers = { 'content-type': 'multipart/form-data; boundary=edge' }
    const body = `--edge\r\n${part}\r\n--edge--\r\n`
    const answer = await ask(`/projects/${project.id}/files`, { method: 'POST', body, headers })
    expect([answer.statusCode, await answer.body.json()]).toMatchObject([
      201,
      [{ name: 'long.txt', status: 'created' }],
    ])
  })

  test.each([
    ['HTTP/1.1', false],
    ['HTTP/2', true],
  ])(
    'tells the server the port of a page that asks by %s, which would be a foreign one without it',
    async (_, allowH2) => {
      const dispatcher = new Agent({ allowH2, connect: { rejectUnauthorized: false } })
      const body = new URLSearchParams({ username: user.email, password: testPassword }).toString()
      const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: nginx.url }
      const answer = await request(`${nginx.url}/auth/login`, { dispatcher, method: 'POST', body, headers })
      await answer.body.dump()
      await dispatcher.close()
      expect(answer.statusCode).toBe(200)
    },
  )

  test('does not believe what a client says about its own address', async () => {
    const wrong = new URLSearchParams({ username: user.email, password: 'not the password' }).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'x-forwarded-for': '203.0.113.9' }
    await (await ask('/auth/login', { method: 'POST', body: wrong, headers })).body.dump()
    const audit = await (await ask('/audit')).body.text()
    expect(audit).toContain('127.0.0.1')
    expect(audit).not.toContain('203.0.113.9')
  })
})
