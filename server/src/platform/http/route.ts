import type { CallOutput, Endpoint, ResponseOf } from '@chatbot-platform/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type Page, pageLink } from '../paging.ts'
import type { IdempotencyClaim, Scope } from '../scope.ts'
import type { App } from './app.ts'
import { claimOf } from './idempotency-key.ts'

/**
 * What a handler gets: the parsed parts of the request; where the endpoint needs a user, the scope, and for a POST what
 * its `Idempotency-Key` claims.
 */
export type Call<E extends Endpoint> = CallOutput<E> & {
  request: FastifyRequest
  reply: FastifyReply
} & (E['access'] extends 'user' ? { scope: Scope; claim: IdempotencyClaim | null } : unknown)

/** A list handler returns a page; the others the body of the answer. */
type Result<E extends Endpoint> = E['item'] extends z.ZodType ? Page<z.output<E['item']>> : ResponseOf<E>

/** What a handler returns. */
export type Answer<E extends Endpoint> = E['events'] extends z.ZodType
  ? Result<E> | FastifyReply
  : E['file'] extends string
    ? FastifyReply
    : Result<E>

/**
 * Binds an endpoint of the contract to its handler: checks credentials before anything else, then parses, acts, and
 * answers with the endpoint's status, unless the handler set another on the reply. The pages beside a list's go into
 * `Link`. A handler of an endpoint with events may take the reply over and return it; one that sends a file does.
 */
export function route<const E extends Endpoint>(
  app: App,
  endpoint: E,
  handler: (call: Call<E>) => Promise<Answer<E>> | Answer<E>,
): void {
  app.route({
    method: endpoint.method,
    url: endpoint.path.replace(/\{(\w+)\}/g, ':$1'),
    schema: schemaOf(endpoint),
    config: { access: endpoint.access, bodyType: endpoint.bodyType ?? 'json', streams: endpoint.events !== undefined },
    handler: async (request, reply) => {
      const { params, query, body } = request
      const isClaimable = request.scope !== null && endpoint.method === 'POST' && endpoint.bodyType !== 'multipart'
      const claim = isClaimable ? claimOf(request) : null
      const call = { params, query, body, request, reply, scope: request.scope, claim } as unknown as Call<E>
      const result = await handler(call)
      if (reply.sent || result === reply) return reply
      if (reply.statusCode === 200) reply.code(endpoint.status)
      return reply.send(endpoint.item ? page(request, reply, result as Page<unknown>) : result)
    },
  })
}

function page(
  request: FastifyRequest,
  reply: FastifyReply,
  { items, nextCursor, prevCursor }: Page<unknown>,
): unknown[] {
  const links = [
    ...(nextCursor === null ? [] : [pageLink(request.url, nextCursor, 'next')]),
    ...(prevCursor ? [pageLink(request.url, prevCursor, 'prev')] : []),
  ]
  if (links.length > 0) reply.header('link', links.join(', '))
  return items
}

function schemaOf(endpoint: Endpoint) {
  const response = endpoint.item
    ? z.array(endpoint.item)
    : (endpoint.response ?? (endpoint.events ? undefined : z.undefined()))
  return {
    ...(endpoint.params ? { params: endpoint.params } : {}),
    ...(endpoint.query ? { querystring: endpoint.query } : {}),
    // The parts of a form are read by the handler, one after the other.
    ...(endpoint.body && endpoint.bodyType !== 'multipart' ? { body: endpoint.body } : {}),
    ...(response
      ? { response: { [endpoint.status]: response, ...(endpoint.accepted ? { 202: endpoint.accepted } : {}) } }
      : {}),
  }
}
