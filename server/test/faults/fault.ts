import type { ErrorCode } from '@chatbot-platform/contract'
import type { Round } from '../support/upstream-round.ts'

/** One way in which a provider misbehaves, and what the platform has to make of it. */
export interface Fault {
  name: string
  /** What the upstream does at each attempt of a turn; the last one for all that follow. */
  rounds: [Round, ...Round[]]
  /** The code the turn fails with; `null`: it is complete all the same. */
  code: ErrorCode | null
  /** The text that is shown and stored. */
  text: string
  /** The `Retry-After` that is handed on, in seconds. */
  retryAfter?: string
  /** Token counts that are stored: of the prompt and of the answer. */
  tokens?: [prompt: number | null, completion: number | null]
}

/** A provider that is odd, but whose answer is whole. */
export function complete(name: string, round: Round | [Round, ...Round[]], text: string, more: Partial<Fault> = {}) {
  return { name, rounds: Array.isArray(round) ? round : [round], code: null, text, ...more } satisfies Fault
}

/** A provider that fails, after `text` at most. */
export function failed(code: ErrorCode, name: string, round: Round, text = '', more: Partial<Fault> = {}) {
  return { name, rounds: [round], code, text, ...more } satisfies Fault
}

/** One event of a stream with this as its data. */
export function event(data: string): string {
  return `data: ${data}\n\n`
}

/** The smallest chunk that carries text; `content` is JSON, so that escapes can be written as they are. */
export function chunk(content: string): string {
  return `{"choices":[{"delta":{"content":${content}}}]}`
}

export const finish = '{"choices":[{"delta":{},"finish_reason":"stop"}]}'

/** A stream of exactly these data, each event in a packet of its own. */
export function streamOf(...data: string[]): Round {
  return { rawChunks: data.map(event) }
}
