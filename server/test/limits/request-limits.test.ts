import { contract } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'

const apps: TestApp[] = []
let app: TestApp

// Limits far apart, so that each test meets the one it is about.
beforeAll(async () => {
  app = await start({
    ...{ TRUST_PROXY: 'true', RATE_LIMIT_ADDRESS: '60', RATE_LIMIT_USER: '30', RATE_LIMIT_WORKSPACE: '40' },
    RATE_LIMIT_PROJECT: '10',
  })
})
afterAll(async () => {
  for (const one of apps.reverse()) await one.close()
})

test('each answer says which limits hold and how far the nearest one is', async () => {
  const user = await app.user()
  const first = await get(app, user, '192.0.2.1')
  expect(first.headers.get('ratelimit-policy')).toBe(
    '"address";q=60;w=60, "user";q=30;w=60, "workspace";q=40;w=60, "project";q=10;w=60',
  )
  expect(first.headers.get('ratelimit')).toBe('"user";r=29;t=60')
  expect(figures(first)).toEqual({ limit: 30, remaining: 29, reset: 60 })
  expect(figures(await get(app, user, '192.0.2.1'))).toMatchObject({ remaining: 28 })
})

test('a user who asks too often gets 429 with the time to wait, from every address, and others do not', async () => {
  const user = await app.user()
  const statuses = []
  for (let n = 0; n < 30; n += 1) statuses.push((await get(app, user, `192.0.2.${n % 5}`)).status)
  expect(new Set(statuses)).toEqual(new Set([200]))
  const refused = await get(app, user, '192.0.2.9')
  expect(await refused.json()).toMatchObject({ status: 429, code: 'rate_limited', limit: 'user' })
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50)
  expect(figures(refused)).toMatchObject({ limit: 30, remaining: 0 })
  expect((await get(app, await app.user(), '192.0.2.9')).status).toBe(200)
})

test('an address has its limit before anybody looks at credentials, an IPv6 customer one for the whole /64', async () => {
  const from = (address: string) => fetch(`${app.url}/projects`, { headers: { 'x-forwarded-for': address } })
  const statuses = []
  for (let n = 0; n < 60; n += 1) statuses.push((await from(`2001:db8:0:1::${n + 1}`)).status)
  expect(new Set(statuses)).toEqual(new Set([401]))
  expect((await from('2001:db8:0:1:ffff::1')).status).toBe(429)
  expect((await from('2001:db8:0:2::1')).status).toBe(401)
})

test('whether the server is alive may be asked as often as one likes', async () => {
  const headers = { 'x-forwarded-for': '198.51.100.7' }
  const answers = await Promise.all(Array.from({ length: 80 }, () => fetch(`${app.url}/health`, { headers })))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  expect(answers[0]?.headers.get('ratelimit')).toBeNull()
})

test('without a trusted proxy nobody gets another address by claiming one', async () => {
  const direct = await start({ RATE_LIMIT_ADDRESS: '5' })
  const from = (n: number) => fetch(`${direct.url}/models`, { headers: { 'x-forwarded-for': `192.0.2.${n}` } })
  for (let n = 0; n < 5; n += 1) expect((await from(n)).status).toBe(401)
  expect((await from(6)).status).toBe(429)
})

test('a project has its limit for turns and requests that name it, in its own workspace only', async () => {
  const user = await app.user()
  const project = await createProject(user)
  const stranger = await app.user()
  const name = (who: TestUser) => get(app, who, '203.0.113.5', `/projects/${project.id}`)
  for (let n = 0; n < 12; n += 1) await name(stranger)
  app.upstream.plays([{ text: ['Hello'] }])
  const turn = await user.client.call(contract.chat.send, { body: { project_id: project.id, message: 'Hi' } })
  for (let n = 0; n < 8; n += 1) expect((await name(user)).status).toBe(200)
  app.upstream.plays([{ text: ['Hello again'] }])
  const answer = { message_id: turn.assistant_message.id }
  await user.client.call(contract.chat.regenerate, { params: answer, body: {} })
  const refused = await name(user)
  expect(await refused.json()).toMatchObject({ status: 429, limit: 'project' })
  expect((await get(app, user, '203.0.113.5')).status).toBe(200)
})

test('a user has so many answers open at once, and a seat is free again when one ends or its reader leaves', async () => {
  const small = await start({ STREAMS_PER_USER: '2' })
  const user = await small.user()
  const project = await createProject(user)
  const gate = small.upstream.gate()
  small.upstream.plays([{ gate }, { gate }, {}, {}])
  const leaving = new AbortController()
  const staying = stream(small, user, project.id)
  const left = await stream(small, user, project.id, leaving.signal)
  await staying
  const refused = await stream(small, user, project.id)
  expect(await refused.json()).toMatchObject({ status: 429, code: 'rate_limited', limit: 'user_streams' })
  leaving.abort()
  await left.text().catch(() => undefined)
  await expect.poll(async () => (await stream(small, user, project.id)).status).toBe(200)
  gate.open()
  await (await staying).text()
})

async function start(env: Record<string, string>): Promise<TestApp> {
  const one = await startTestApp({ env })
  apps.push(one)
  return one
}

function get(on: TestApp, user: TestUser, address: string, path = '/projects'): Promise<Response> {
  const headers = { authorization: `Bearer ${user.token}`, 'x-forwarded-for': address }
  return fetch(`${on.url}${path}`, { headers })
}

function stream(on: TestApp, user: TestUser, projectId: string, signal?: AbortSignal): Promise<Response> {
  return fetch(`${on.url}/chat`, {
    method: 'POST',
    headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ project_id: projectId, message: 'Hi', stream: true }),
    ...(signal ? { signal } : {}),
  })
}

function figures({ headers }: Response) {
  const figure = (name: string) => Number(headers.get(`ratelimit-${name}`))
  return { limit: figure('limit'), remaining: figure('remaining'), reset: figure('reset') }
}
