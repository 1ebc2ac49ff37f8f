import { allEndpoints, type Endpoint, fillPath } from '@chatbot-platform/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { bodies, canary, madeUpIds, makeResources, params, queries, type Resources } from './samples.ts'

let app: TestApp

beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.close())

describe.each(allEndpoints('user'))('%s', (name, endpoint) => {
  test('nobody gets 401, another tenant gets what a random id gets, the owner succeeds', async () => {
    const [owner, intruder] = [await app.user(), await app.user()]
    const ids = await makeResources(app, owner)
    const nobody = await send(name, endpoint, ids, undefined)
    expect(nobody).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })

    const foreign = await send(name, endpoint, ids, intruder)
    expect(foreign.text).not.toContain(canary)
    if (namesAnId(name, endpoint)) {
      expect(foreign).toMatchObject({ status: 404, body: { code: 'not_found' } })
      const random = await send(name, endpoint, madeUpIds(), intruder)
      expect(withoutRequestId(foreign)).toEqual(withoutRequestId(random))
    }

    const own = await send(name, endpoint, ids, owner)
    expect(own.status, own.text).toBe(endpoint.status)
  })
})

test.each(['project_id', 'session_id', 'prompt_id'] as const)('a turn cannot name a foreign %s', async (field) => {
  const [owner, intruder] = [await app.user(), await app.user()]
  const [foreign, own] = [await makeResources(app, owner), await makeResources(app, intruder)]
  const endpoint = allEndpoints().find(([name]) => name === 'chat.send')?.[1]
  if (!endpoint) throw new Error('the contract has no chat.send')
  const answer = await send('chat.send', endpoint, { ...own, [field]: foreign[field] }, intruder)
  expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } })
})

interface Answer {
  status: number
  text: string
  body: Record<string, unknown>
}

async function send(name: string, endpoint: Endpoint, ids: Resources, as: TestUser | undefined): Promise<Answer> {
  const body = endpoint.body ? bodyOf(name, ids) : undefined
  const path = fillPath(endpoint.path, { ...ids, ...params[name]?.(ids) })
  const isUpload = endpoint.bodyType === 'multipart'
  const query = new URLSearchParams(queries[name]?.(ids))
  const response = await fetch(`${app.url}${path}?${query}`, {
    method: endpoint.method,
    headers: {
      ...(as ? { authorization: `Bearer ${as.token}` } : {}),
      ...(body && !isUpload ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: isUpload ? formOf(body) : JSON.stringify(body) } : {}),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json')
  return { status: response.status, text, body: isJson ? JSON.parse(text) : {} }
}

function formOf(body: Record<string, unknown>): FormData {
  const form = new FormData()
  for (const [name, files] of Object.entries(body)) for (const file of [files].flat() as File[]) form.append(name, file)
  return form
}

function bodyOf(name: string, ids: Resources): Record<string, unknown> {
  const make = bodies[name]
  if (!make) throw new Error(`${name} takes a body: add a valid one to samples.ts`)
  return make(ids)
}

function namesAnId(name: string, endpoint: Endpoint): boolean {
  return endpoint.params !== undefined || name === 'chat.send' || name in queries
}

function withoutRequestId({ status, body }: Answer) {
  return { status, body: { ...body, request_id: null } }
}
