import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppError } from '../errors.ts'
import { problemOf, retryAfterOf } from '../http/problem.ts'
import { newId } from '../ids.ts'
import type { Scope } from '../scope.ts'
import type { TurnGate } from './turn-gate.ts'

export interface EarlyRefusals {
  /** Paths, without parameters, whose POST asks a model. */
  paths: Set<string>
  /** Answers a request that the gate would refuse; false where it is for others to answer. */
  refuse(request: IncomingMessage, response: ServerResponse): boolean
}

/**
 * Refuses a turn before the framework has seen it. A server keeps up its work under twice the load only if a refusal
 * costs a tenth of a turn, and the hooks of a request alone cost more than that. Only for callers that were let in a
 * moment ago; a stranger, and a page of another origin, which could not read this answer, go the long way. Such a
 * refusal counts in the gate's metrics and log lines alone.
 */
export function createEarlyRefusals(
  gate: TurnGate,
  known: (authorization: string) => Scope | undefined,
): EarlyRefusals {
  const paths = new Set<string>()

  function refuse({ method, url = '', headers }: IncomingMessage, response: ServerResponse): boolean {
    if (!gate.isTight || method !== 'POST' || !paths.has(url)) return false
    if (headers.authorization === undefined || headers.origin !== undefined) return false
    const scope = known(headers.authorization)
    if (scope === undefined) return false
    try {
      gate.check(scope.workspaceId)
      return false
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      send(error, response)
      return true
    }
  }

  return { paths, refuse }
}

function send(error: AppError, response: ServerResponse): void {
  const id = newId()
  const body = JSON.stringify(problemOf(error, id))
  response.writeHead(error.status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    'retry-after': retryAfterOf(error),
    'x-content-type-options': 'nosniff',
    'x-request-id': id,
  })
  response.end(body)
}
