import type { ChatTurn, Message } from '@chatbot-platform/contract'
import { AppError } from '../../platform/errors.ts'
import { type EventStream, frame } from '../../platform/http/event-stream.ts'
import type { Scope } from '../../platform/scope.ts'
import type { CitationsService } from '../knowledge/citations.service.ts'
import type { AcceptedTurn, ChatService } from './chat.service.ts'
import { Run, type RunResult } from './run.ts'
import { endFrame, sendRun } from './run-reader.ts'
import type { RunsService } from './runs.service.ts'
import { isUnderWay, storedResult } from './turn-outcome.ts'

export type AnswerReader = ReturnType<typeof createAnswerReader>

// Word of a change usually comes at once; this is for the case that it got lost.
const pollIntervalMs = 1000

/** Reads answers wherever they are written: by this process, by another one, or long ago. */
export function createAnswerReader(deps: {
  chat: Pick<ChatService, 'message'>
  runs: Pick<RunsService, 'follow'>
  citations: Pick<CitationsService, 'ofMessage'>
}) {
  const { chat, runs, citations } = deps

  return {
    /** Waits for an accepted turn, or until its caller has left; throws what made it fail, with the stored messages in the problem's members. */
    async complete(scope: Scope, { turn, run }: AcceptedTurn, hasLeft: () => boolean): Promise<ChatTurn> {
      const { message, failure } = run ? await run.ended : await ended(scope, turn.assistant_message, hasLeft)
      if (failure === null) return { ...turn, assistant_message: message }
      throw new AppError(failure.code, failure.message, {
        ...(failure.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: failure.retryAfterSeconds }),
        members: { session_id: turn.session_id, message: turn.message, assistant_message: message },
        cause: failure,
      })
    },

    /** Sends an answer from a text offset on, live until its end. */
    send(scope: Scope, answer: Run | Message, stream: EventStream, fromOffset: number): void {
      if (answer instanceof Run) sendRun(answer, stream, fromOffset)
      else void sendStored(scope, answer, stream, fromOffset)
    },
  }

  async function ended(scope: Scope, message: Message, hasLeft: () => boolean): Promise<RunResult> {
    let last = message
    for await (const version of versions(scope, message, hasLeft)) last = version
    return storedResult(last)
  }

  async function sendStored(scope: Scope, message: Message, stream: EventStream, from: number): Promise<void> {
    let offset = from
    let citesKnown = false
    try {
      for await (const version of versions(scope, message, () => stream.closed)) {
        // They are stored before the model is asked, so with the first text of the model's they are there.
        const isWritten = version.state !== 'pending'
        if (!isWritten) continue
        const cites: string = citesKnown ? '' : await citationsFrame(scope, message.id)
        citesKnown = true
        const text = version.content.slice(offset)
        offset = Math.max(offset, version.content.length)
        const frames = cites + (text === '' ? '' : frame('delta', { text }, offset))
        if (!isUnderWay(version)) stream.end(frames + endFrame(storedResult(version)))
        else if (frames !== '' && !stream.write(frames)) await stream.ready()
      }
    } catch {
      // The row is gone or the database is away: the stream ends without a terminal event, and the reader comes back.
      stream.end()
    }
  }

  async function citationsFrame(scope: Scope, messageId: string): Promise<string> {
    const found = await citations.ofMessage(scope, messageId)
    return found.length === 0 ? '' : frame('citations', { citations: found })
  }

  /** A message now and after every change, up to its final state. */
  async function* versions(scope: Scope, message: Message, isOver: () => boolean): AsyncGenerator<Message> {
    yield message
    if (!isUnderWay(message)) return
    let wake = () => {}
    let isChanged = false
    const unfollow = runs.follow(message.id, () => {
      isChanged = true
      wake()
    })
    try {
      while (!isOver()) {
        const version = await chat.message(scope, message.id)
        yield version
        if (!isUnderWay(version)) return
        if (!isChanged) {
          await new Promise<void>((resolve) => {
            wake = resolve
            setTimeout(resolve, pollIntervalMs)
          })
        }
        isChanged = false
      }
    } finally {
      unfollow()
    }
  }
}
