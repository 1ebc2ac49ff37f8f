import { ApiError, type Client, ConnectionError } from '@chatbot-platform/client'
import { ChatTurn, type Message } from '@chatbot-platform/contract'
import type { Ledger } from './ledger.ts'
import type { Random } from './random.ts'

/** What all clients share. */
export interface Load {
  ledger: Ledger
  /** Send an `Idempotency-Key` with half of the POSTs, and repeat those until they are answered. */
  usesKeys: boolean
  isStopped: boolean
  /** What was done, by name: operations, refusals, connections lost. */
  tally: Record<string, number>
  /** What the server must never do, as sentences. */
  violations: string[]
  /** The latest revision sent for each project, acknowledged or not. */
  sentRevisions: Map<string, number>
  /** How often an answer was asked for, by the text of its question; a request that is repeated counts once. */
  requests: Map<string, number>
  /** By session: a message that its path must go through, unless a request that may move the path is under way or lost. */
  paths: Map<string, PathMark | null>
}

export interface PathMark {
  messageId: string
}

/** A question and an answer to it that has ended. */
export interface Exchange {
  question: Message
  answer: Message
}

/** One client: a user, a project of its own, the session it is in, and exchanges it remembers. */
export interface Actor {
  name: string
  client: Client
  random: Random
  projectId: string
  sessionId: string | undefined
  revision: number
  count: number
  remembered: Exchange[]
}

const retryMs = 150
/** Longer than the server lets any request of this load take; a lease of 15 s may have to run out first. */
export const answerTimeoutMs = 60_000

export function tally(load: Load, name: string): void {
  load.tally[name] = (load.tally[name] ?? 0) + 1
}

/** A pause between two tries. */
export function breathe(ms = retryMs): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/**
 * Sends a POST, with a key in half of the cases; one with a key is repeated with the same key until the server has
 * answered it. `attempt` gets the headers to send.
 */
export async function post<T>(
  load: Load,
  actor: Actor,
  attempt: (headers: Record<string, string>) => Promise<T>,
): Promise<T> {
  const key = load.usesKeys && actor.random.next() < 0.5 ? `${actor.name}-${actor.count}-${actor.random.next()}` : null
  const headers: Record<string, string> = key === null ? {} : { 'idempotency-key': key }
  for (;;) {
    try {
      return await attempt(headers)
    } catch (error) {
      if (key === null || load.isStopped || !isPassing(error)) throw error
      tally(load, 'repeated with its key')
      await breathe()
    }
  }
}

/** Whether the server was away, so that nothing is known about the request. */
export function isPassing(error: unknown): boolean {
  if (error instanceof ApiError) return error.problem.status === 503 && turnOf(error) === null
  return error instanceof ConnectionError && !isTimeout(error)
}

/** The stored turn that a failure carries, if it got that far. */
export function turnOf(error: unknown): ChatTurn | null {
  return error instanceof ApiError ? (ChatTurn.safeParse(error.problem).data ?? null) : null
}

/** Books a failed operation; what a server may not answer becomes a violation. */
export function bookFailure(load: Load, actor: Actor, operation: string, error: unknown): void {
  if (isPassing(error)) {
    tally(load, error instanceof ApiError ? 'refused (503)' : 'connection lost')
  } else if (error instanceof ApiError && error.problem.code === 'session_busy') {
    actor.sessionId = undefined
    tally(load, 'session busy (409)')
  } else if (isTimeout(error)) {
    load.violations.push(`${operation}: no answer within ${answerTimeoutMs / 1000} s`)
  } else {
    load.violations.push(`${operation}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** What `AbortSignal.timeout` ends a request with, or the reading of a stream that has begun. */
function isTimeout(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.name === 'TimeoutError' || isTimeout(error.cause)
}
