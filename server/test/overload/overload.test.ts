import { contract, type Project } from '@chatbot-platform/contract'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { GateBounds, Visit } from '../../src/platform/overload/turn-gate.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { ask, messagesOf } from '../support/turns.ts'
import { sampleOf } from '../telemetry/samples.ts'

let app: TestApp
let user: TestUser
let project: Project

/** One place, and nobody waits for it. */
const narrow = { targetMs: 60, fewest: 1, first: 1, most: 1, maxWaitMs: 0 }

async function start(gateBounds: Partial<GateBounds>) {
  app = await startTestApp({ given: { gateBounds }, env: { METRICS_PORT: '0' } })
  user = await app.user()
  project = await createProject(user)
}
beforeEach(() => start(narrow))
afterEach(() => app.close())

/** Takes the only place, as a turn of another workspace would that takes its time. */
function fill(): Visit {
  return app.server.deps.turnGate.enter('another workspace')
}
const leave = (visit: Visit) => app.server.deps.turnGate.leave(visit)
const gateState = () => app.server.deps.turnGate.state

function post(
  body: object,
  {
    who = user,
    key = '',
    origin = '',
    signal,
  }: { who?: TestUser; key?: string; origin?: string; signal?: AbortSignal } = {},
) {
  return fetch(`${app.url}/chat`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${who.token}`,
      'content-type': 'application/json',
      ...(key ? { 'idempotency-key': key } : {}),
      ...(origin ? { origin } : {}),
    },
    body: JSON.stringify(body),
    ...(signal ? { signal } : {}),
  })
}
const question = () => ({ project_id: project.id, message: 'Hello?' })

async function sessionCount(): Promise<number> {
  const params = { project_id: project.id }
  return (await user.client.page(contract.sessions.list, { params, query: { limit: 100 } })).items.length
}

test('a turn too many is refused with a problem and when to come back, and nothing of it is stored', async () => {
  const visit = fill()
  const refused = await post(question())
  expect(refused.status).toBe(503)
  expect(refused.headers.get('content-type')).toContain('application/problem+json')
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  expect(await refused.json()).toMatchObject({ code: 'overloaded', status: 503, title: 'Service Unavailable' })
  expect(await sessionCount()).toBe(0)
  leave(visit)
  expect((await post(question())).status).toBe(200)
})

test('who is not signed in is told so, however much there is to do', async () => {
  const visit = fill()
  for (const token of ['nobody', '', `${user.token}x`]) {
    const refused = await post(question(), { who: { ...user, token } })
    expect([token, refused.status]).toEqual([token, 401])
  }
  await user.client.call(contract.auth.logout, { query: { all: 'true' } })
  expect((await post(question())).status).toBe(401)
  leave(visit)
})

test('a page of another origin can read why it is refused', async () => {
  await app.close()
  app = await startTestApp({ given: { gateBounds: narrow }, env: { CORS_ORIGINS: 'https://shop.example' } })
  user = await app.user()
  project = await createProject(user)
  const visit = fill()
  const refused = await post(question(), { origin: 'https://shop.example' })
  expect(refused.status).toBe(503)
  expect(refused.headers.get('access-control-allow-origin')).toBe('https://shop.example')
  leave(visit)
})

test('every way to ask a model is refused alike', async () => {
  const { assistant_message: answer, message } = await ask(user, project, 'Hello?')
  const visit = fill()
  const { regenerate, edit, continue: carryOn } = contract.chat
  for (const [endpoint, id, body] of [
    [regenerate, answer.id, {}],
    [edit, message.id, { message: 'Hello again?' }],
    [carryOn, answer.id, {}],
  ] as const) {
    const url = app.url + endpoint.path.replace('{message_id}', id)
    const headers = { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' }
    const refused = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    expect([endpoint.path, (await refused.json()).code]).toEqual([endpoint.path, 'overloaded'])
  }
  leave(visit)
})

test('the same idempotency key succeeds afterwards, once', async () => {
  const visit = fill()
  expect((await post(question(), { key: 'one-question' })).status).toBe(503)
  leave(visit)
  const turns = [await post(question(), { key: 'one-question' }), await post(question(), { key: 'one-question' })]
  const [first, second] = await Promise.all(turns.map((turn) => turn.json()))
  expect(first.assistant_message.state).toBe('complete')
  expect(second).toEqual(first)
  expect(await sessionCount()).toBe(1)
})

test('what was accepted is read, followed, cancelled and finished meanwhile', async () => {
  const gate = app.upstream.gate()
  app.upstream.plays([{ text: ['Half ', 'an answer'], gate, gateAfter: 1 }])
  const response = await fetch(`${app.url}/chat`, {
    method: 'POST',
    headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json', prefer: 'respond-async' },
    body: JSON.stringify(question()),
  })
  const { session_id: sessionId, assistant_message: answer } = await response.json()
  await app.upstream.waitForRequest(0)
  const visit = fill()
  expect(await messagesOf(user, sessionId)).toHaveLength(2)
  const params = { message_id: answer.id }
  const stream = await user.client.send(contract.chat.attach, { params })
  const cancelled = await user.client.call(contract.chat.cancel, { params })
  expect(cancelled).toMatchObject({ state: 'cancelled', content: 'Half ' })
  expect(await stream.text()).toContain('event: cancelled')
  expect((await fetch(`${app.url}/health/ready`)).status).toBe(200)
  expect((await post(question())).status).toBe(503)
  leave(visit)
  gate.open()
})

test('of a crowd some are refused, and every accepted turn is answered and stored', async () => {
  await app.close()
  await start({ targetMs: 60, fewest: 2, first: 2, most: 2, maxWaitMs: 100 })
  const responses = await Promise.all(Array.from({ length: 60 }, () => post(question())))
  const bodies = await Promise.all(responses.map((response) => response.json()))
  const accepted = bodies.filter((_, index) => responses[index]?.status === 200)
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200, 503]))
  expect(accepted.every((turn) => turn.assistant_message.state === 'complete')).toBe(true)
  for (const { session_id: id } of accepted) expect((await messagesOf(user, id))[1]?.content).toBe('Hello there.')
  expect(await sessionCount()).toBe(accepted.length)
  expect(gateState()).toMatchObject({ starting: 0, finishing: 0, waiting: 0 })
})

test('one workspace’s crowd does not come before another’s only turn', async () => {
  await app.close()
  await start({ targetMs: 60, fewest: 1, first: 1, most: 1, maxWaitMs: 60_000 })
  const other = await app.user()
  const theirs = await createProject(other)
  const order: string[] = []
  const visit = fill()
  const crowd = Array.from({ length: 40 }, () => post(question()).then(() => order.push('crowd')))
  await expect.poll(() => gateState().waiting).toBe(40)
  const alone = post({ project_id: theirs.id, message: 'Hello?' }, { who: other }).then(() => order.push('alone'))
  await expect.poll(() => gateState().waiting).toBe(41)
  leave(visit)
  await Promise.all([...crowd, alone])
  expect(order.indexOf('alone')).toBeLessThan(20)
})

test('who goes away leaves the line, and what is not valid takes no place', async () => {
  await app.close()
  await start({ ...narrow, maxWaitMs: 60_000 })
  const visit = fill()
  const leaving = new AbortController()
  const waiting = post(question(), { signal: leaving.signal }).catch(() => null)
  await expect.poll(() => gateState().waiting).toBe(1)
  leaving.abort()
  await waiting
  await expect.poll(() => gateState().waiting).toBe(0)
  leave(visit)
  expect((await post({ project_id: project.id })).status).toBe(422)
  expect((await post({ project_id: 'nobody’s', message: 'Hello?' })).status).toBe(422)
  await expect.poll(gateState).toMatchObject({ starting: 0, waiting: 0 })
  expect(await sessionCount()).toBe(0)
})

test('the metrics tell what was refused and how the gate stands', async () => {
  const visit = fill()
  await post(question())
  const text = await (await fetch(`http://127.0.0.1:${app.server.metricsPort}/metrics`)).text()
  leave(visit)
  expect(sampleOf(text, 'chatbot_turns_refused_total', { reason: 'full' })).toBe(1)
  expect(sampleOf(text, 'chatbot_turn_gate_limit', {})).toBe(1)
  expect(sampleOf(text, 'chatbot_turn_gate_places', { phase: 'starting' })).toBe(1)
})
