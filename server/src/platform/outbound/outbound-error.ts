export type OutboundErrorCode =
  | 'bad_url'
  | 'blocked_address'
  | 'content_type'
  | 'http_status'
  | 'redirect_limit'
  | 'timeout'
  | 'too_large'
  | 'unreachable'

interface OutboundErrorOptions extends ErrorOptions {
  status?: number
  retryAfterMs?: number
  location?: string
}

/**
 * A request that was refused or did not succeed. The message is a sentence for whoever gave the URL; it holds neither
 * addresses that a name resolved to nor words of the server that was asked.
 */
export class OutboundError extends Error {
  readonly code: OutboundErrorCode
  /** The answer's status, with `http_status` and `redirect_limit`. */
  readonly status: number | undefined
  /** How long the server asked to be left alone, with `http_status`. */
  readonly retryAfterMs: number | undefined
  /** Where a redirect that was not followed leads: an absolute URL, not yet asked for. */
  readonly location: string | undefined

  constructor(code: OutboundErrorCode, message: string, options: OutboundErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'OutboundError'
    this.code = code
    this.status = options.status
    this.retryAfterMs = options.retryAfterMs
    this.location = options.location
  }
}
