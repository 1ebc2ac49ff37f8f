import type { Socket } from 'node:net'
import type { ErrorCode, Problem, ValidationIssue } from '@chatbot-platform/contract'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { AppError } from '../errors.ts'
import { newId } from '../ids.ts'

/** The reason phrase of each status the API answers with (RFC 9110, section 15; RFC 6585). */
export const titles: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  507: 'Insufficient Storage',
}

/** The problem document (RFC 9457) of an error. */
export function problemOf(error: AppError, requestId: string): Problem {
  return {
    type: 'about:blank',
    title: titles[error.status] ?? 'Error',
    status: error.status,
    detail: error.message,
    code: error.code,
    request_id: requestId,
    ...(error.issues ? { errors: error.issues } : {}),
    ...error.members,
  }
}

/** The `Retry-After` header of an error: whole seconds, one at least; undefined where it names no time. */
export function retryAfterOf({ retryAfterSeconds }: AppError): string | undefined {
  return retryAfterSeconds === undefined ? undefined : String(Math.max(1, Math.ceil(retryAfterSeconds)))
}

/** Fastify's error handler: what a caller can act on is told; anything else is logged and becomes a bare 500. */
export function sendProblem(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): void {
  const known = toAppError(error)
  // What there was no time for must not take more of it; the gate says in the log that it refuses.
  if (known.status >= 500 && known.code !== 'overloaded')
    request.log.error({ err: error.cause instanceof Error ? error.cause : error, code: known.code }, 'request failed')
  if (reply.raw.headersSent) {
    reply.raw.destroy()
    return
  }
  const retryAfter = retryAfterOf(known)
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter)
  reply
    .headers(known.headers)
    // Of a request that no route was found for, no hook has said it yet.
    .header('x-request-id', request.id)
    .code(known.status)
    .header('content-type', 'application/problem+json')
    .serializer(JSON.stringify)
    .send(problemOf(known, request.id))
}

/**
 * Answers a request that Node's parser gave up on, which has no request object and no reply: headers over the limit,
 * bytes that are not HTTP, a sender that is too slow.
 */
export function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const refused =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? new AppError('headers_too_large', 'The headers of the request are too large.')
      : new AppError('malformed_request', 'The request is not valid HTTP, or it took too long.')
  const problem = problemOf(refused, newId())
  const body = JSON.stringify(problem)
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${problem.title}`,
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${problem.request_id}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  )
}

// Fastify's own refusals, by error code: https://fastify.dev/docs/latest/Reference/Errors/
const frameworkErrors: Record<string, [ErrorCode, string]> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'Send the body as application/json.'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['too_large', 'The request body is too large.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['malformed_request', 'The body is empty although its content type says JSON.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['malformed_request', 'The body is not valid JSON.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['malformed_request', 'The body does not have the length that its header says.'],
  FST_ERR_BAD_URL: ['malformed_request', 'The address of the request is malformed.'],
}

function toAppError(error: FastifyError | Error): AppError {
  if (error instanceof AppError) return error
  if (hasZodFastifySchemaValidationErrors(error)) return validationError(error)
  const framework = frameworkErrors[(error as FastifyError).code]
  if (framework) return new AppError(...framework)
  const status = (error as FastifyError).statusCode ?? 500
  if (status >= 400 && status < 500)
    return new AppError('malformed_request', 'The request is malformed.', { cause: error })
  return new AppError('internal', 'Something went wrong on our side. The request id helps to find out what.', {
    cause: error,
  })
}

interface SchemaViolation {
  instancePath: string
  message?: string
  keyword: string
}

function validationError(error: { validation: readonly unknown[]; validationContext?: string }): AppError {
  const place = { params: 'path', querystring: 'query', headers: 'header' }[error.validationContext ?? ''] ?? 'body'
  const issues = (error.validation as SchemaViolation[]).map((violation): ValidationIssue => {
    const path = violation.instancePath
      .split('/')
      .filter(Boolean)
      .map((part) => (/^\d+$/.test(part) ? Number(part) : part))
    return { loc: [place, ...path], msg: violation.message ?? 'is not valid', type: violation.keyword }
  })
  const first = issues[0]
  const detail = first ? `${first.loc.join('.')}: ${first.msg}` : 'The request is not valid.'
  return new AppError('validation_failed', detail, { issues })
}
