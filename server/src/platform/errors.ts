import { type ErrorCode, errorStatus, type ValidationIssue } from '@chatbot-platform/contract'

interface AppErrorOptions {
  /** Seconds the caller should wait; sent as `Retry-After`. */
  retryAfterSeconds?: number
  /** The broken rules of a 422. */
  issues?: ValidationIssue[]
  /** Extension members of the problem document, in wire form. */
  members?: Record<string, unknown>
  headers?: Record<string, string>
  cause?: unknown
}

/**
 * An error the caller can act on. The code fixes the HTTP status (see `errorStatus` in the contract); the message is
 * shown to the caller, so it never holds secrets, foreign data or an upstream's words.
 */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly retryAfterSeconds: number | undefined
  readonly issues: ValidationIssue[] | undefined
  readonly members: Record<string, unknown>
  readonly headers: Record<string, string>

  constructor(code: ErrorCode, detail: string, options: AppErrorOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.status = errorStatus[code]
    this.retryAfterSeconds = options.retryAfterSeconds
    this.issues = options.issues
    this.members = options.members ?? {}
    this.headers = options.headers ?? {}
  }
}

/** The same 404 for what does not exist and for what belongs to another tenant. */
export function notFound(what: string): AppError {
  return new AppError('not_found', `This ${what} does not exist, or it is not yours.`)
}

/** 422 for a rule that a schema cannot express; `loc` is the path to the value, e.g. `['body', 'model']`. */
export function invalid(loc: (string | number)[], message: string, type = 'value_error'): AppError {
  return new AppError('validation_failed', message, { issues: [{ loc, msg: message, type }] })
}
