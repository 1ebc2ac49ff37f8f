import type { Random } from '../../torture/random.ts'
import { bodyText, formType, rawBody } from './bodies.ts'
import type { FuzzRequest, Sender } from './fuzz-request.ts'
import { headerTrick } from './header-tricks.ts'
import type { Operation, Parameter } from './operations.ts'
import { hostileValue, validValue } from './values.ts'

/** A request to one of the operations, valid or with something wrong about it, or one that leads nowhere. */
export function makeRequest(random: Random, operations: readonly Operation[], sender: Sender): FuzzRequest {
  const operation = random.oneOf(operations)
  if (!operation) throw new Error('the document has no operations')
  const valid = validRequest(random, operation, sender)
  const way = random.weighted({ valid: 30, value: 40, headers: 14, body: 11, nowhere: 5 })
  switch (way) {
    case 'valid':
      return valid
    case 'value':
      return withHostileValue(random, operation, sender)
    case 'headers':
      return headerTrick(random, valid)
    case 'body':
      return operation.body
        ? { ...valid, ...rawBody(random, operation.body.schema, valid.body ?? '') }
        : headerTrick(random, valid)
    case 'nowhere':
      return nowhere(random, valid)
  }
}

// The document says of them that they take the refresh cookie, in words.
const cookieReaders = new Set(['auth.refresh', 'auth.logout'])

/** The parts of a request before they become text. */
interface Parts {
  path: Record<string, unknown>
  query: Record<string, unknown>
  body: unknown
}

function validRequest(random: Random, operation: Operation, sender: Sender): FuzzRequest {
  return assemble(operation, sender, validParts(random, operation, sender), true)
}

function validParts(random: Random, { name: operation, parameters, body }: Operation, sender: Sender): Parts {
  // Only a question can be edited.
  const known = operation === 'chat.edit' ? { ...sender.known, message_id: sender.questionId } : sender.known
  const values = (place: Parameter['in']) =>
    Object.fromEntries(
      parameters
        .filter((parameter) => parameter.in === place && (parameter.required || random.next() < 0.3))
        .map(({ name, schema }) => [name, validValue(random, schema, name, known)]),
    )
  return {
    path: values('path'),
    query: values('query'),
    body: body ? validValue(random, body.schema, '', known) : undefined,
  }
}

function withHostileValue(random: Random, operation: Operation, sender: Sender): FuzzRequest {
  const parts = validParts(random, operation, sender)
  const fields = Object.entries(operation.body?.schema.properties ?? {})
  const targets = [...operation.parameters.filter((parameter) => parameter.in !== 'header'), ...fields]
  for (let count = random.between(1, 2); count > 0; count--) {
    const target = random.oneOf(targets)
    if (target === undefined) continue
    if (Array.isArray(target)) setField(random, parts, target[0], hostileValue(random, target[1], sender.known))
    else if (target.in === 'path') parts.path[target.name] = hostileSegment(random, target, sender)
    else parts.query[target.name] = hostileValue(random, target.schema, sender.known)
  }
  return assemble(operation, sender, parts, false)
}

/** Never empty: that would be the address of another operation. */
function hostileSegment(random: Random, { schema }: Parameter, { known }: Sender): string {
  return textOf(hostileValue(random, schema, known)) || 'x'
}

function setField(random: Random, parts: Parts, name: string, value: unknown): void {
  if (typeof parts.body !== 'object' || parts.body === null) return
  const fields = parts.body as Record<string, unknown>
  if (random.next() < 0.1) delete fields[name]
  else fields[name] = value
}

function assemble(operation: Operation, sender: Sender, parts: Parts, isValid: boolean): FuzzRequest {
  const { method, path, isSecured, body } = operation
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encode(textOf(parts.path[name])))
  const query = Object.entries(parts.query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encode(textOf(value))}`],
  )
  return {
    operation,
    method,
    path: query.length > 0 ? `${filled}?${query.join('&')}` : filled,
    headers: [
      ...(isSecured ? ['authorization', `Bearer ${sender.token}`] : []),
      ...(body ? ['content-type', body.mediaType === 'multipart/form-data' ? formType : body.mediaType] : []),
      ...(cookieReaders.has(operation.name) ? ['cookie', sender.cookie] : []),
    ],
    body: body ? bodyText(body.mediaType, parts.body) : null,
    isValid,
    isOversized: false,
  }
}

/** Half surrogates as their three bytes, which no well-behaved encoder would send. */
function encode(text: string): string {
  if (text.isWellFormed()) return encodeURIComponent(text)
  return [...text].map((unit) => (unit.isWellFormed() ? encodeURIComponent(unit) : '%EF%BF%BD')).join('')
}

function textOf(value: unknown): string {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.slice(0, 6).join(',')
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

const wrongPaths = [
  '/%',
  '/%00',
  '/projects/%ED%A0%80',
  '/..%2f..%2fetc/passwd',
  '/PROJECTS',
  '//projects',
  '/projects//',
  '/.env',
]

function nowhere(random: Random, valid: FuzzRequest): FuzzRequest {
  const elsewhere = { ...valid, operation: null, isValid: false }
  switch (random.weighted({ method: 3, path: 3, long: 1, longer: 1 })) {
    case 'method':
      return {
        ...elsewhere,
        method: random.oneOf(['PUT', 'HEAD', 'OPTIONS', 'TRACE', 'PATCH', 'DELETE', 'GET']) ?? 'PUT',
        body: null,
      }
    case 'path':
      return { ...elsewhere, path: random.oneOf(wrongPaths) ?? '/%' }
    case 'long':
      return { ...elsewhere, path: `/projects/${'a'.repeat(random.between(190, 9000))}` }
    case 'longer':
      return { ...elsewhere, path: `/projects?cursor=${'a'.repeat(20_000)}`, isOversized: true }
  }
}
