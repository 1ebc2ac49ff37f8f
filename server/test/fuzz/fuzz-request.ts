import type { Operation } from './operations.ts'
import type { KnownValues } from './values.ts'

/** A request as it is sent. */
export interface FuzzRequest {
  /** Whose documentation the answer is held to; null for one that fits no operation. */
  operation: Operation | null
  method: string
  path: string
  /** Names and values in turn; a name may occur twice. */
  headers: string[]
  body: string | null
  /** Valid as far as the document can say. */
  isValid: boolean
  /** It exceeds a limit of the transport: the server may close the connection on the way. */
  isOversized: boolean
}

/** Who sends: the values that exist for this one, and the credentials. */
export interface Sender {
  token: string
  /** The refresh cookie, as a browser sends it. */
  cookie: string
  known: KnownValues
  /** A message of the user; `known` may have an answer. */
  questionId: string
}
