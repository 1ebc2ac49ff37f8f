import { type ErrorCode, errorStatus, Problem } from '@chatbot-platform/contract'
import type { FuzzRequest } from './fuzz-request.ts'

/** An answer as it came; `text` is the whole body. */
export interface FuzzAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
}

// Refused by HTTP itself, before any operation is known.
const oversizedStatuses = [400, 413, 431]
// 503: a HEAD of the readiness of a server that is not ready.
const nowhereStatuses = [200, 204, 302, 400, 401, 404, 405, 414, 415, 422, 503]

// What no answer may tell: where the code lies, how it asks, what went wrong inside.
const innards =
  /node_modules|file:\/\/\/|\.ts:\d+|\bSELECT .+ FROM\b|drizzle|DrizzleQueryError|postgresql:\/\/|isAdmin/i

/** What is wrong about an answer; nothing is, for one that the document allows. */
export function faultsOf(request: FuzzRequest, answer: FuzzAnswer): string[] {
  const faults: string[] = []
  const { status, text } = answer
  if (status === 500) faults.push('answered 500')
  if (!isExpected(request, status)) faults.push(`answered ${status}, which is not documented`)
  if (typeof answer.headers['x-request-id'] !== 'string') faults.push('the answer has no X-Request-Id')
  if ('x-injected' in answer.headers) faults.push('a header was injected')
  if (request.method === 'HEAD' || request.method === 'OPTIONS') return faults
  if (status >= 400) faults.push(...problemFaults(answer, request.operation?.name === 'health.ready'))
  else if (request.operation) faults.push(...bodyFaults(request, answer))
  if (status >= 400 && innards.test(withoutDetail(text))) faults.push('the problem tells of the inside')
  return faults
}

function isExpected({ operation, isOversized }: FuzzRequest, status: number): boolean {
  if (isOversized && oversizedStatuses.includes(status)) return true
  return operation ? operation.responses.has(status) : nowhereStatuses.includes(status)
}

function problemFaults({ status, headers, text }: FuzzAnswer, mayBePlain: boolean): string[] {
  const type = mediaTypeOf(headers)
  if (type !== 'application/problem+json') return mayBePlain ? [] : [`a ${status} came as ${type}`]
  const parsed = Problem.safeParse(parse(text))
  if (!parsed.success) return [`a ${status} is not a problem document: ${parsed.error.message}`]
  const { code, request_id, status: told } = parsed.data
  return [
    ...(told === status ? [] : [`the problem says ${told} in an answer ${status}`]),
    ...(errorStatus[code as ErrorCode] === status ? [] : [`${code} came with ${status}`]),
    ...(request_id === headers['x-request-id'] ? [] : ['the problem names another request']),
    ...(status === 401 && !headers['www-authenticate'] ? ['a 401 does not say how to authenticate'] : []),
  ]
}

function bodyFaults({ operation }: FuzzRequest, { status, headers, text }: FuzzAnswer): string[] {
  const content = operation?.responses.get(status)
  if (!content) return text === '' ? [] : [`a ${status} without documented content has a body`]
  const type = mediaTypeOf(headers)
  const check = content.get(type) ?? content.get(type.replace(/\/.*/, '/*'))
  if (!check) return [`a ${status} came as ${type}, which is not documented`]
  const values = type === 'text/event-stream' ? eventsOf(text) : [type === 'application/json' ? parse(text) : text]
  if (values.length === 0) return ['a stream ended without any event']
  return values.flatMap((value) => {
    const result = check.safeParse(value)
    return result.success ? [] : [`the ${status} does not hold its schema: ${result.error.message.slice(0, 500)}`]
  })
}

/** The events of a stream as the document describes them: comments and ids left out. */
function eventsOf(text: string): unknown[] {
  return text.split('\n\n').flatMap((block) => {
    const event = block.match(/^event: (.+)$/m)?.[1]
    const data = block.match(/^data: (.+)$/m)?.[1]
    return event === undefined ? [] : [{ event, data: parse(data ?? '') }]
  })
}

const mediaTypeOf = (headers: FuzzAnswer['headers']) => String(headers['content-type'] ?? '').split(';')[0] ?? ''

/** A detail may repeat what was sent, such as a path. */
function withoutDetail(text: string): string {
  const problem = parse(text)
  return JSON.stringify(typeof problem === 'object' && problem !== null ? { ...problem, detail: '' } : problem) ?? ''
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
