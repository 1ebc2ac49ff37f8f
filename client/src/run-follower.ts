import { contract, type StreamEvent } from '@chatbot-platform/contract'
import { isAway } from './chat-problem.ts'
import { backOff, type LineContext, openLine } from './event-line.ts'
import type { ReceivedEvent } from './event-stream.ts'
import { ApiError } from './http-client.ts'

export type TerminalEvent = Extract<StreamEvent, { event: 'done' | 'error' | 'cancelled' }>
export type RunEvent = Extract<ReceivedEvent, { event: 'delta' | 'status' | 'citations' }>

/** An answer to follow, and who wants to know. */
export interface FollowedRun {
  messageId: string
  /** The line on which it was accepted; without one a new line is opened. */
  events?: AsyncGenerator<ReceivedEvent>
  /** How much of the text is there, in UTF-16 units. */
  offset(): number
  /** Returns false when text before this event is missing: it is then read again from `offset`. */
  receive(event: RunEvent): boolean
  /** The line is gone; another is being opened. */
  broken(): void
  /** Another line is open. */
  attached(): void
}

/**
 * Follows an answer to its end, over as many lines as it takes, for as long as it takes. Throws {@link ApiError} when the
 * server refuses (the message is gone, the user is signed out), and the signal's reason.
 */
export async function followRun(line: LineContext, run: FollowedRun): Promise<TerminalEvent> {
  let attempt = 0
  let events = run.events ?? attach(line, run)
  for (;;) {
    try {
      for await (const event of events) {
        if (event.event === 'accepted') continue
        if (event.event !== 'delta' && event.event !== 'status' && event.event !== 'citations') return event
        attempt = 0
        if (!run.receive(event)) break
      }
    } catch (error) {
      if (line.signal.aborted || !passes(error)) throw error
    }
    run.broken()
    await backOff(attempt++, line)
    events = attach(line, run)
  }
}

function attach(line: LineContext, run: FollowedRun): AsyncGenerator<ReceivedEvent> {
  return openLine(line, async (signal) => {
    const response = await line.client.send(contract.chat.attach, {
      params: { message_id: run.messageId },
      headers: { 'last-event-id': String(run.offset()) },
      signal,
    })
    run.attached()
    return response
  })
}

/** Reading changes nothing, so that any trouble of the server's is worth another try. */
function passes(error: unknown): boolean {
  if (!(error instanceof ApiError)) return isAway(error)
  return error.problem.status >= 500 || error.problem.status === 429
}
