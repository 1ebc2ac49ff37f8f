import { OutboundError } from './outbound-error.ts'

const timeouts = ['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']

/**
 * What went wrong with a request, in the words of this module; undici's, zlib's and the system's become the cause. A
 * mistake of the caller (a TypeError) is handed back as it is.
 */
export function outboundFailure(error: unknown, isOutOfTime: boolean): unknown {
  if (error instanceof OutboundError || error instanceof TypeError) return error
  const code = codeOf(error)
  if (isOutOfTime || timeouts.includes(code)) {
    return new OutboundError('timeout', 'The server took too long to answer.', { cause: error })
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new OutboundError('too_large', 'The headers of the answer are too large.', { cause: error })
  }
  if (code.startsWith('HPE_') || code.startsWith('Z_') || code.startsWith('ERR_')) {
    return new OutboundError('unreachable', 'The answer is broken.', { cause: error })
  }
  return new OutboundError('unreachable', 'The server could not be reached, or it broke off.', { cause: error })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
