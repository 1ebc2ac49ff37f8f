import { z } from 'zod'

/**
 * Every `code` an answer of this API may carry, with the HTTP status it comes with. Clients branch on the code; the
 * `detail` beside it is a sentence for people and may change.
 */
export const errorStatus = {
  malformed_request: 400,
  unauthenticated: 401,
  invalid_credentials: 401,
  refresh_token_invalid: 401,
  budget_exceeded: 402,
  price_unknown: 402,
  forbidden: 403,
  registration_closed: 403,
  account_disabled: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  email_taken: 409,
  session_busy: 409,
  too_large: 413,
  unsupported_media_type: 415,
  validation_failed: 422,
  idempotency_key_reused: 422,
  rate_limited: 429,
  headers_too_large: 431,
  internal: 500,
  provider_error: 502,
  provider_refused: 502,
  provider_auth: 502,
  provider_model_not_found: 502,
  provider_context_length: 502,
  provider_content_filter: 502,
  provider_bad_response: 502,
  provider_truncated: 502,
  provider_rate_limited: 503,
  provider_unavailable: 503,
  provider_not_configured: 503,
  interrupted: 503,
  shutting_down: 503,
  overloaded: 503,
  database_unavailable: 503,
  knowledge_unavailable: 503,
  storage_unavailable: 503,
  provider_timeout: 504,
  storage_full: 507,
} as const

export type ErrorCode = keyof typeof errorStatus

export const ErrorCode = z.enum(Object.keys(errorStatus) as [ErrorCode, ...ErrorCode[]])

/** One broken rule of a request: `loc` is the path to the value, its first part naming `body`, `query`, `path` or `header`. */
export const ValidationIssue = z.object({
  loc: z.array(z.union([z.string(), z.int()])),
  msg: z.string(),
  type: z.string(),
})
export type ValidationIssue = z.infer<typeof ValidationIssue>

/** The error body: RFC 9457 problem details with a stable `code`, served as `application/problem+json`. */
export const Problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: ErrorCode,
  request_id: z.string(),
  errors: z.array(ValidationIssue).optional(),
})
export type Problem = z.infer<typeof Problem>
