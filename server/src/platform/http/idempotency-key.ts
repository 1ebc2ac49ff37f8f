import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { invalid } from '../errors.ts'
import type { IdempotencyClaim } from '../scope.ts'

// As the IETF's draft of the header has it, and narrow enough for an index:
// https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
const form = /^[\x21-\x7e]{1,200}$/

/** The claim of a request's `Idempotency-Key` header; null without one. Throws 422 for one that is not a key. */
export function claimOf(request: FastifyRequest): IdempotencyClaim | null {
  const key = request.headers['idempotency-key']
  if (key === undefined) return null
  if (typeof key !== 'string' || !form.test(key)) {
    throw invalid(['header', 'idempotency-key'], 'An Idempotency-Key has 1 to 200 visible ASCII characters.')
  }
  const path = new URL(request.url, 'http://relative').pathname
  const bodyHash = createHash('sha256')
    .update(JSON.stringify(request.body ?? null))
    .digest('hex')
  return { route: `${request.method} ${path}`, key, bodyHash }
}
