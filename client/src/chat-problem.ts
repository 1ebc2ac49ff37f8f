import type { ErrorCode } from '@chatbot-platform/contract'
import { ApiError, ConnectionError } from './http-client.ts'

/** What went wrong, to be said to a person; `offline` means that nobody answered. */
export interface ChatProblem {
  code: ErrorCode | 'offline'
  /** A sentence of the server, in English; `code` is what to translate by. */
  detail: string
  /** How long the server asks to wait. */
  retryAfterSeconds: number | null
  /** The answer it is about: one that failed, or the one that a busy session is writing. */
  messageId?: string
}

/** What an error of the client means to the person at the screen. */
export function problemFrom(error: unknown): ChatProblem {
  if (error instanceof ApiError) {
    const { code, detail, active_message_id: messageId } = error.problem
    const problem: ChatProblem = { code, detail, retryAfterSeconds: retryAfterOf(error) }
    return typeof messageId === 'string' ? { ...problem, messageId } : problem
  }
  if (error instanceof ConnectionError) return { code: 'offline', detail: error.message, retryAfterSeconds: null }
  return { code: 'internal', detail: 'Something went wrong in this app.', retryAfterSeconds: null }
}

/** Whether the same call may succeed later, or after signing in. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof ApiError)) return error instanceof ConnectionError
  const { status } = error.problem
  return status === 401 || status === 429 || status >= 500
}

/** Whether it is the server, or the way to it, that is away for a moment: try again without asking. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof ApiError)) return error instanceof ConnectionError
  const { code, status } = error.problem
  // A proxy whose server is restarting answers for it, and not with one of our problems.
  return passing.has(code) || (code === 'internal' && status > 500)
}

const passing = new Set<ErrorCode>(['shutting_down', 'overloaded', 'database_unavailable'])

/**
 * Milliseconds that a server with too much to do asks to wait, so that a crowd comes back one after the other. One that
 * restarts is looked for sooner than it says: another may answer in its place.
 */
export function askedPauseMs(error: unknown): number {
  if (!(error instanceof ApiError) || error.problem.code !== 'overloaded') return 0
  return (retryAfterOf(error) ?? 0) * 1000
}

function retryAfterOf({ headers }: ApiError): number | null {
  const seconds = Number.parseInt(headers.get('retry-after') ?? '', 10)
  return Number.isNaN(seconds) ? null : seconds
}
