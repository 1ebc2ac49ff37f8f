import { allEndpoints, contract, errorStatus, Problem, type StreamEvent } from '@chatbot-platform/contract'
import { beforeAll, describe, expect, test } from 'vitest'
import { buildOpenApi, type OpenApiDocument } from '../../src/platform/http/openapi-document.ts'
import { schemaFaults } from './json-schema-faults.ts'

interface MediaType {
  schema: Record<string, unknown>
  example?: unknown
}

interface Operation {
  operationId: string
  tags: string[]
  summary: string
  security: Record<string, string[]>[]
  parameters?: { name: string; in: string; required: boolean; schema: Record<string, unknown> }[]
  requestBody?: { content: Record<string, MediaType> }
  responses: Record<
    string,
    { description: string; headers: Record<string, unknown>; content?: Record<string, MediaType> }
  >
}

let document: OpenApiDocument

beforeAll(() => {
  document = buildOpenApi()
})

function operationOf(name: string): Operation {
  const found = operations().find(({ operation }) => operation.operationId === name)
  if (!found) throw new Error(`no operation ${name}`)
  return found.operation
}

function operations(): { path: string; method: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      path,
      method,
      operation: operation as unknown as Operation,
    })),
  )
}

describe('the API document', () => {
  test('holds every endpoint of the contract and nothing else', () => {
    const documented = operations().map(({ path, method, operation }) => [operation.operationId, method, path])
    const declared = allEndpoints().map(([name, { method, path }]) => [name, method.toLowerCase(), path])
    expect(documented.sort()).toEqual(declared.sort())
    expect(new Set(documented.map(([id]) => id)).size).toBe(documented.length)
  })

  test('resolves every reference it makes', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(([, reference]) => reference)
    const known = Object.entries(document.components).flatMap(([kind, entries]) =>
      Object.keys(entries).map((name) => `#/components/${kind}/${name}`),
    )
    expect(references.length).toBeGreaterThan(100)
    expect(references.filter((reference) => !known.includes(reference ?? ''))).toEqual([])
  })

  test('declares exactly the placeholders of each path, as required', () => {
    for (const { path, operation } of operations()) {
      const placeholders = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const declared = operation.parameters?.filter((parameter) => parameter.in === 'path') ?? []
      expect(declared.map(({ name }) => name)).toEqual(placeholders)
      expect(declared.every(({ required }) => required)).toBe(true)
    }
  })

  test('has only schemas that are JSON Schema 2020-12', () => {
    const bodies = operations().flatMap(({ operation }) =>
      [operation.requestBody, ...Object.values(operation.responses)].flatMap((part) =>
        Object.values(part?.content ?? {}).map(({ schema }) => schema),
      ),
    )
    const parameters = operations().flatMap(({ operation }) => operation.parameters?.map(({ schema }) => schema) ?? [])
    const all = [...Object.values(document.components.schemas), ...bodies, ...parameters]
    expect(all.flatMap((schema) => schemaFaults(schema))).toEqual([])
  })

  test('names shapes instead of repeating them', () => {
    const names = ['User', 'Project', 'Prompt', 'Message', 'ChatTurn', 'Problem', 'StreamEvent', 'ChatInput', 'Model']
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(names))
    expect(document.components.schemas.ChatTurn).toMatchObject({
      properties: { message: { $ref: '#/components/schemas/Message' } },
    })
    expect(operationOf('models.list').responses[200]?.content?.['application/json']?.schema).toEqual({
      type: 'array',
      items: { $ref: '#/components/schemas/Model' },
    })
  })

  test('shows the limits that apply after a text is trimmed', () => {
    const { properties } = document.components.schemas.ProjectInput as { properties: Record<string, unknown> }
    expect(properties.name).toEqual({ type: 'string', minLength: 1, maxLength: 200 })
    expect(properties.provider).toMatchObject({ type: ['string', 'null'], maxLength: 64 })
  })

  test('says of queries what their values mean', () => {
    const parameters = operationOf('sessions.messages').parameters ?? []
    expect(parameters.map(({ name }) => name)).toEqual(['session_id', 'limit', 'cursor', 'order', 'around'])
    expect(parameters[1]).toMatchObject({ required: false, schema: { type: 'integer', maximum: 100, default: 50 } })
    expect(operationOf('auth.logout').parameters?.[0]?.schema).toEqual({ type: 'boolean', default: false })
  })

  test('describes signing in by the OAuth2 password form, and by token', () => {
    const { password, bearer } = document.components.securitySchemes
    expect(password).toMatchObject({ type: 'oauth2', flows: { password: { tokenUrl: contract.auth.login.path } } })
    expect(bearer).toMatchObject({ type: 'http', scheme: 'bearer' })
    expect(Object.keys(operationOf('auth.login').requestBody?.content ?? {})).toEqual([
      'application/x-www-form-urlencoded',
    ])
    for (const [name, { access }] of allEndpoints())
      expect(operationOf(name).security).toEqual(access === 'user' ? [{ password: [] }, { bearer: [] }] : [])
  })

  test('gives an answer without a body none, and a list its next page', () => {
    for (const [name, endpoint] of allEndpoints()) {
      const success = operationOf(name).responses[endpoint.status]
      expect(success?.content === undefined).toBe(endpoint.status === 204)
      expect('Link' in (success?.headers ?? {})).toBe(endpoint.item !== undefined)
    }
  })

  test('lists errors as problem documents under the status of their code', () => {
    for (const { operation } of operations()) {
      for (const [status, { description, content }] of Object.entries(operation.responses)) {
        if (Number(status) < 400 || operation.operationId === 'health.ready') continue
        const codes = [...description.matchAll(/`(\w+)`/g)].map(([, code]) => errorStatus[code as 'internal'])
        expect(Object.keys(content ?? {})).toEqual(['application/problem+json'])
        expect(new Set(codes)).toEqual(new Set([Number(status)]))
        expect(Problem.parse(content?.['application/problem+json']?.example).status).toBe(Number(status))
      }
    }
    expect(Object.keys(operationOf('chat.send').responses)).toEqual([
      '200',
      '202',
      '400',
      '401',
      '402',
      '404',
      '409',
      '413',
      '415',
      '422',
      '429',
      '431',
      '500',
      '502',
      '503',
      '504',
    ])
    expect(operationOf('auth.login').responses[429]?.headers).toHaveProperty('Retry-After')
  })

  test('explains every event of a stream', () => {
    const send = operationOf('chat.send').responses[200]
    const names = contract.chat.send.events.options.map(({ shape }): StreamEvent['event'] => shape.event.value)
    expect(Object.keys(send?.content ?? {})).toEqual(['application/json', 'text/event-stream'])
    expect(names.filter((name) => !send?.description.includes(`| \`${name}\` |`))).toEqual([])
    expect(Object.keys(operationOf('chat.attach').responses[200]?.content ?? {})).toEqual(['text/event-stream'])
  })

  test('describes every tag, and its example bodies are valid', () => {
    expect(document.tags.filter(({ description }) => !description)).toEqual([])
    const examples = allEndpoints().flatMap(([name, { body }]) =>
      Object.values(operationOf(name).requestBody?.content ?? {}).flatMap(({ example }) =>
        example === undefined ? [] : [{ name, result: body?.safeParse(example) }],
      ),
    )
    expect(examples.length).toBeGreaterThan(5)
    expect(examples.filter(({ result }) => !result?.success).map(({ name }) => name)).toEqual([])
  })
})
