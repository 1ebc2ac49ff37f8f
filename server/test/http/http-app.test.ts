import { connect } from 'node:net'
import { contract, Problem } from '@chatbot-platform/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { App } from '../../src/platform/http/app.ts'
import { route } from '../../src/platform/http/route.ts'
import { knownToken, startBareApp } from './bare-app.ts'

const project = {
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  description: null,
  provider: null,
  model: null,
  temperature: null,
  max_tokens: null,
  fallbacks: [],
  grounding: 'open' as const,
  active_prompt_id: null,
  created_at: '2026-01-31T12:00:00.000Z',
  updated_at: '2026-01-31T12:00:00.000Z',
}

let app: App
let url: string

beforeAll(async () => {
  ;({ app, url } = await startBareApp((bare) => {
    const stored = { ...project, name: 'Stored', workspace_id: 'not for the caller' }
    route(bare, contract.projects.create, ({ body }) => ({ ...stored, name: body.name }))
    route(bare, contract.projects.list, () => ({ items: [stored], nextCursor: 'next' }))
    route(bare, contract.projects.get, () => {
      throw new Error('select secret from somewhere')
    })
    route(bare, contract.auth.login, () => ({ access_token: 't', token_type: 'bearer' as const, expires_in: 1 }))
  }))
})

afterAll(() => app.close())

async function post(path: string, type: string, body: string, token = knownToken) {
  const headers = { 'content-type': type, authorization: `Bearer ${token}` }
  const response = await fetch(url + path, { method: 'POST', headers, body })
  return { status: response.status, headers: response.headers, body: (await response.json()) as Partial<Problem> }
}

describe('a request', () => {
  test('without credentials is refused before its body is looked at', async () => {
    const { status, body } = await post('/projects', 'application/json', '{not json', 'unknown')
    expect([status, body.code]).toEqual([401, 'unauthenticated'])
  })

  test.each([
    ['text/plain', '{"name":"A"}', 415, 'unsupported_media_type'],
    ['application/x-www-form-urlencoded', 'name=A', 415, 'unsupported_media_type'],
    ['application/json', '{"name":', 400, 'malformed_request'],
    ['application/json', '', 400, 'malformed_request'],
    ['application/json', '{"name":"  "}', 422, 'validation_failed'],
    ['application/json', `{"name":"${'x'.repeat(1_100_000)}"}`, 413, 'too_large'],
  ])('with a %s body %.20s is a problem', async (type, text, status, code) => {
    const { headers, body, ...answer } = await post('/projects', type, text)
    expect([answer.status, body.code]).toEqual([status, code])
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(Problem.parse(body).request_id).toBe(headers.get('x-request-id'))
  })

  test('names the rule it broke', async () => {
    const { body } = await post('/projects', 'application/json', '{"name":"A","temperature":3}')
    expect(body.errors).toEqual([{ loc: ['body', 'temperature'], msg: expect.any(String), type: 'too_big' }])
    expect(body.detail).toMatch(/^body\.temperature: /)
  })

  test('with a form is read where a form belongs, whatever the case of its type', async () => {
    const form = await post('/auth/login', 'Application/X-WWW-Form-Urlencoded', 'username=a&password=b')
    const json = await post('/auth/login', 'application/json', '{"username":"a","password":"b"}')
    expect([form.status, json.status]).toEqual([200, 415])
  })

  test('with headers beyond 16 KiB is answered with a problem', async () => {
    const answer = await raw(`GET /projects HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`)
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 431 /)
    expect(Problem.parse(JSON.parse(body)).code).toBe('headers_too_large')
  })

  test('that is not HTTP is answered with a problem', async () => {
    const [head = '', body = ''] = (await raw('hello\r\n\r\n')).split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 400 /)
    expect(JSON.parse(body).code).toBe('malformed_request')
  })

  test('to nowhere gets a 404 that does not ask for credentials', async () => {
    const response = await fetch(`${url}/nowhere?token=secret`)
    const body = await response.text()
    expect([response.status, JSON.parse(body).code]).toEqual([404, 'not_found'])
    expect(body).not.toContain('secret')
  })
})

describe('an answer', () => {
  const headers = { authorization: `Bearer ${knownToken}`, origin: 'https://app.example.com' }

  test('holds only what the contract declares, and the address of the next page', async () => {
    const response = await fetch(`${url}/projects?limit=1`, { headers })
    expect(await response.json()).toEqual([{ ...project, name: 'Stored' }])
    expect(response.headers.get('link')).toBe('</projects?limit=1&cursor=next>; rel="next"')
  })

  test('to a bug says nothing about it', async () => {
    const response = await fetch(`${url}/projects/${project.id}`, { headers })
    const body = await response.text()
    expect([response.status, JSON.parse(body).code]).toEqual([500, 'internal'])
    expect(body).not.toContain('secret')
  })

  test('carries security headers, and CORS headers for configured origins alone', async () => {
    const [known, foreign] = await Promise.all(
      [headers, { ...headers, origin: 'https://evil.example' }].map((sent) =>
        fetch(`${url}/projects`, { headers: sent }),
      ),
    )
    expect(known?.headers.get('access-control-allow-origin')).toBe('https://app.example.com')
    expect(known?.headers.get('access-control-expose-headers')).toContain('content-disposition')
    expect(foreign?.headers.get('access-control-allow-origin')).toBeNull()
    expect(known?.headers.get('x-content-type-options')).toBe('nosniff')
    expect(known?.headers.get('content-security-policy')).toContain("default-src 'none'")
  })
})

test('a route that does not say who may call it stops the start', async () => {
  const start = startBareApp((bare) => void bare.get('/open', () => 'hello'))
  await expect(start).rejects.toThrow('route GET /open declares no access')
  const config = { access: undefined } as object
  const undeclared = startBareApp(
    (bare) => void bare.route({ method: 'HEAD', url: '/open', config, handler: () => '' }),
  )
  await expect(undeclared).rejects.toThrow('route HEAD /open declares no access')
})

function raw(request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(request))
    let answer = ''
    socket.setEncoding('utf8').on('data', (part) => {
      answer += part
    })
    socket.on('error', reject).on('close', () => resolve(answer))
  })
}
