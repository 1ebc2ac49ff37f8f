import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '@chatbot-platform/contract'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { freePort } from '../support/free-port.ts'
import { read } from './deploy-files.ts'

const program = ['/usr/sbin/nginx', 'nginx'].find((path) => spawnSync(path, ['-v']).status === 0)
if (!program)
  process.stdout.write(
    'SKIPPED: nginx is not installed, so its configuration was not tried (apt-get install nginx-light)\n',
  )

// deploy/nginx/chatbot.conf as it is, but for its ports and paths.
describe.skipIf(!program)('nginx with our configuration', () => {
  const folder = mkdtempSync(join(tmpdir(), 'chatbot-nginx-'))
  const agent = new Agent({ connect: { rejectUnauthorized: false } })
  let app: TestApp
  let user: TestUser
  let nginx: ChildProcess
  let ports: { plain: number; tls: number }

  beforeAll(async () => {
    app = await startTestApp({ env: { TRUST_PROXY: 'true', METRICS_TOKEN: 'a-token-for-the-tests' } })
    user = await app.user()
    ports = { plain: await freePort(), tls: await freePort() }
    makeCertificate(folder)
    writeFileSync(join(folder, 'nginx.conf'), configuration(folder, ports, app.url))
    nginx = spawn(program ?? '', ['-p', folder, '-c', 'nginx.conf', '-g', 'daemon off;'], { stdio: 'inherit' })
    await untilListening(ports.plain)
  })
  afterAll(async () => {
    const ended = nginx && once(nginx, 'exit')
    nginx?.kill('SIGTERM')
    await ended
    await agent.close()
    await app?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const ask = (path: string, options: { method?: 'POST'; body?: string; headers?: Record<string, string> } = {}) =>
    request(`https://127.0.0.1:${ports.tls}${path}`, {
      dispatcher: agent,
      ...options,
      headers: { authorization: `Bearer ${user.token}`, ...options.headers },
    })

  test('serves the API by TLS, sends everybody there, and keeps the metrics to itself', async () => {
    const ready = await ask('/health/ready')
    expect([ready.statusCode, await ready.body.json()]).toMatchObject([200, { status: 'ready' }])
    const plain = await fetch(`http://127.0.0.1:${ports.plain}/docs?a=1`, { redirect: 'manual' })
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

  test('does not believe what a client says about its own address', async () => {
    const wrong = new URLSearchParams({ username: user.email, password: 'not the password' }).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'x-forwarded-for': '203.0.113.9' }
    await (await ask('/auth/login', { method: 'POST', body: wrong, headers })).body.dump()
    const audit = await (await ask('/audit')).body.text()
    expect(audit).toContain('127.0.0.1')
    expect(audit).not.toContain('203.0.113.9')
  })
})

function configuration(folder: string, ports: { plain: number; tls: number }, serverUrl: string): string {
  const site = read('deploy/nginx/chatbot.conf')
    .replaceAll(/^ {2}listen \[::\].+\n/gm, '')
    .replace('listen 80;', `listen 127.0.0.1:${ports.plain};`)
    .replace('listen 443 ssl', `listen 127.0.0.1:${ports.tls} ssl`)
    .replaceAll('/etc/nginx/tls/', `${folder}/`)
    .replaceAll('/var/log/nginx/', `${folder}/`)
  const upstream = read('deploy/nginx/upstream.conf').replace('127.0.0.1:8000', new URL(serverUrl).host)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  return `pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
events {}
http {
${temporary.join('\n')}
${upstream}
${site}
}
`
}

function makeCertificate(folder: string): void {
  const files = ['-keyout', join(folder, 'tls.key'), '-out', join(folder, 'tls.crt')]
  const options = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
  execFileSync('openssl', [...options, '-subj', '/CN=localhost', ...files], { stdio: 'ignore' })
}

async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { redirect: 'manual' }).catch(() => undefined)
    if (answer) return
    await sleep(50)
  }
  throw new Error('nginx does not answer')
}
