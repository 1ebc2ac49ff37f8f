import { type Endpoint, type ErrorCode, errorStatus, Problem, Readiness } from '@chatbot-platform/contract'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { eventNotes, type OperationNote } from './openapi-notes.ts'
import type { JsonSchema, SchemaCollector } from './openapi-schemas.ts'
import { problemOf, titles } from './problem.ts'

type Responses = Record<string, JsonSchema>

/** Everything an operation may answer, by status. */
export function responsesOf(
  name: string,
  endpoint: Endpoint,
  note: OperationNote,
  schemas: SchemaCollector,
): Responses {
  return {
    [endpoint.status]: success(endpoint, note, schemas),
    ...(endpoint.accepted ? { 202: accepted(schemas.refer(endpoint.accepted, 'output')) } : {}),
    ...(name === 'health.ready' ? { 503: json('Not ready', schemas.refer(Readiness, 'output'), headers()) } : {}),
    ...problems(errorsOf(endpoint, note), schemas),
  }
}

function success(endpoint: Endpoint, note: OperationNote, schemas: SchemaCollector): JsonSchema {
  const schema = endpoint.item ? z.array(endpoint.item) : endpoint.response
  const sent = headers({ Link: endpoint.item !== undefined, 'Set-Cookie': note.cookie !== undefined })
  const content = {
    ...(schema ? { 'application/json': { schema: schemas.refer(schema, 'output') } } : {}),
    ...(endpoint.file ? { [endpoint.file]: { schema: { type: 'string' } } } : {}),
    ...(endpoint.events ? { 'text/event-stream': { schema: schemas.refer(endpoint.events, 'output') } } : {}),
  }
  return {
    description: endpoint.events ? `${descriptions[endpoint.status]}\n\n${eventNotes}` : descriptions[endpoint.status],
    headers: sent,
    ...(Object.keys(content).length > 0 ? { content } : {}),
  }
}

const accepted = (schema: JsonSchema) =>
  json(
    'With `Prefer: respond-async`: the messages are stored and the answer is under way. Poll `Location`, or follow its `/stream`.',
    schema,
    headers({ Location: true, 'Preference-Applied': true }),
  )

const descriptions: Record<Endpoint['status'], string> = {
  200: 'Success',
  201: 'Created',
  202: 'Accepted',
  204: 'Done; there is no body',
}

/** The errors that follow from what an endpoint takes and who may call it, with those its note adds. */
function errorsOf(endpoint: Endpoint, note: OperationNote): Set<ErrorCode> {
  const errors = new Set<ErrorCode>(note.errors)
  const add = (...codes: ErrorCode[]) => codes.forEach((code) => void errors.add(code))
  if (endpoint.tag === 'Health') return errors
  if (endpoint.access === 'user') add('unauthenticated')
  if (endpoint.params) add('not_found')
  if (endpoint.params || endpoint.query || endpoint.body) add('validation_failed')
  // A body that nobody asked for is read as well, unless a GET has it.
  if (endpoint.method !== 'GET') add('too_large', 'unsupported_media_type')
  add('malformed_request', 'headers_too_large')
  // A turn: it asks a model.
  if (endpoint.events && endpoint.method === 'POST')
    add('budget_exceeded', 'price_unknown', 'knowledge_unavailable', 'overloaded')
  add('rate_limited', 'internal', 'database_unavailable')
  return errors
}

function problems(errors: Set<ErrorCode>, schemas: SchemaCollector): Responses {
  const byStatus = Map.groupBy(errors, (code) => errorStatus[code])
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, codes]) => [
        String(status),
        {
          description: `${titles[status]}: ${codes.map((code) => `\`${code}\``).join(', ')}`,
          headers: headers({
            'WWW-Authenticate': status === 401,
            'Retry-After': [402, 429, 503].includes(status),
            RateLimit: status === 429,
          }),
          content: {
            'application/problem+json': { schema: schemas.refer(Problem, 'output'), example: exampleOf(codes[0]) },
          },
        },
      ]),
  )
}

function exampleOf(code: ErrorCode = 'internal'): Problem {
  const error = new AppError(code, 'What happened, and what to do, in a sentence for people.')
  return problemOf(error, '01890a5d-ac96-774b-bcce-b302099a8057')
}

function json(description: string, schema: JsonSchema, sent: JsonSchema): JsonSchema {
  return { description, headers: sent, content: { 'application/json': { schema } } }
}

/** References to the headers an answer carries; every answer names its request. */
function headers(which: Record<string, boolean> = {}): Record<string, JsonSchema> {
  const carried = ['X-Request-Id', ...Object.keys(which).filter((name) => which[name])]
  return Object.fromEntries(carried.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}

/** The definitions that {@link responsesOf} refers to. */
export const responseHeaders: Record<string, JsonSchema> = {
  'X-Request-Id': {
    description: 'Names this request in the server’s logs.',
    schema: { type: 'string', format: 'uuid' },
  },
  Link: {
    description:
      'On every page but the last the address of the next, as `<…>; rel="next"` (RFC 8288); where a list goes back ' +
      'too, also `rel="prev"`.',
    schema: { type: 'string' },
  },
  Location: { description: 'Path of the message that will hold the answer.', schema: { type: 'string' } },
  'Preference-Applied': { description: '`respond-async` (RFC 7240).', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds to wait, where that is known.', schema: { type: 'integer' } },
  RateLimit: {
    description:
      'The limit that is nearest, what is left of it, and in how many seconds it begins anew; on nearly every answer, ' +
      'beside `RateLimit-Policy`, `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset`.',
    schema: { type: 'string' },
    example: '"user";r=2999;t=60',
  },
  'WWW-Authenticate': { description: 'How to authenticate.', schema: { type: 'string' } },
  'Set-Cookie': { description: 'Sets or clears the refresh cookie.', schema: { type: 'string' } },
}
