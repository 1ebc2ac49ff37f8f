import type { ErrorCode } from '@chatbot-platform/contract'
import { AppError } from '../platform/errors.ts'
import type { RateLimits } from './provider.ts'

/** The codes a failed model call may have. */
export type ProviderErrorCode = Exclude<Extract<ErrorCode, `provider_${string}`>, 'provider_not_configured'>

interface ProviderErrorOptions {
  providerId: string
  providerName: string
  /** Overrides whether the same request may succeed later; by default the code decides. */
  retryable?: boolean
  retryAfterSeconds?: number
  upstreamStatus?: number | null
  upstreamCode?: string | null
  reason?: string | null
  limits?: RateLimits | null
}

/**
 * A provider did not give a whole answer. The message is our own sentence: an upstream's words, and with them whatever
 * a key or a prompt may have leaked into, stay out of it and out of every field.
 */
export class ProviderError extends AppError {
  declare readonly code: ProviderErrorCode
  readonly providerId: string
  /** Whether the same request may succeed later. */
  readonly retryable: boolean
  /** The HTTP status, or the status an error inside a stream stood for. For the log. */
  readonly upstreamStatus: number | null
  /** The vendor's own error code where it is a plain word, e.g. `model_decommissioned`. For the log. */
  readonly upstreamCode: string | null
  /** What we saw, as a short token of ours or the system's, e.g. `ECONNREFUSED`. For the log. */
  readonly reason: string | null
  /** What the provider said of its limits when it refused. */
  readonly limits: RateLimits | null
  /** Whether part of the answer had been yielded before. */
  textDelivered = false
  /** Requests made until this failure. */
  attempts = 1
  readonly #options: ProviderErrorOptions

  constructor(code: ProviderErrorCode, options: ProviderErrorOptions) {
    const { retryAfterSeconds } = options
    super(code, details[code](options.providerName), retryAfterSeconds === undefined ? {} : { retryAfterSeconds })
    this.name = 'ProviderError'
    this.providerId = options.providerId
    this.retryable = options.retryable ?? retryableCodes.has(code)
    this.upstreamStatus = options.upstreamStatus ?? null
    this.upstreamCode = options.upstreamCode ?? null
    this.reason = options.reason ?? null
    this.limits = options.limits ?? null
    this.#options = options
  }

  /** The same failure, told in another of our sentences. */
  withSentence(sentence: string): ProviderError {
    const error = this.withRetryAfter(this.retryAfterSeconds)
    error.message = sentence
    return error
  }

  /** The same failure with another time to come back. */
  withRetryAfter(seconds: number | undefined): ProviderError {
    const time = seconds === undefined ? {} : { retryAfterSeconds: seconds }
    const error = new ProviderError(this.code, { ...this.#options, ...time })
    error.textDelivered = this.textDelivered
    error.attempts = this.attempts
    return error
  }
}

/** The caller's signal fired: nobody's failure. */
export class ProviderAborted extends Error {
  constructor() {
    super('The model call was aborted by its caller.')
    this.name = 'AbortError'
  }
}

/** Codes of failures that the same request may not meet again later, unless an error says otherwise. */
export const retryableCodes: ReadonlySet<string> = new Set<ProviderErrorCode>([
  'provider_rate_limited',
  'provider_unavailable',
  'provider_timeout',
  'provider_truncated',
])

const refusals: ReadonlySet<string> = new Set<ProviderErrorCode>([
  'provider_refused',
  'provider_context_length',
  'provider_content_filter',
])

/** Whether a model said no to this text, which it may not do to another. */
export function isRefusalOfText(error: unknown): boolean {
  return error instanceof ProviderError && refusals.has(error.code)
}

const details: Record<ProviderErrorCode, (name: string) => string> = {
  provider_error: (name) => `${name} reported a failure while answering. Try again, or choose another model.`,
  provider_refused: (name) => `${name} refused the request. Check the project's model and settings.`,
  provider_auth: (name) => `${name} did not accept the API key. The operator of this server has to check it.`,
  provider_model_not_found: (name) =>
    `${name} does not offer this model. Choose another one in the project's settings.`,
  provider_context_length: (name) =>
    `The conversation is longer than this model of ${name} can take. Shorten the message or start a new session.`,
  provider_content_filter: (name) => `The content filter of ${name} stopped this request. Rephrase the message.`,
  provider_bad_response: (name) => `${name} sent an answer that could not be understood. Try again later.`,
  provider_truncated: (name) => `${name} ended the answer before it was complete. Try again.`,
  provider_rate_limited: (name) => `${name} is limiting requests at the moment. Try again later.`,
  provider_unavailable: (name) => `${name} is not available at the moment. Try again later.`,
  provider_timeout: (name) => `${name} took too long to answer. Try again.`,
}

/** What a log line may say of a failure; empty for anything but a {@link ProviderError}. */
export function logFieldsOf(error: unknown): Record<string, unknown> {
  if (!(error instanceof ProviderError)) return {}
  const { code, upstreamStatus, upstreamCode, reason } = error
  return { code, upstream_status: upstreamStatus, upstream_code: upstreamCode, reason }
}
