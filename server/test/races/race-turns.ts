import { ApiError, type Client, type ReceivedEvent, readEvents } from '@chatbot-platform/client'
import { type ChatTurn, contract, type Message, type Problem } from '@chatbot-platform/contract'

/** A streamed turn from its acceptance on. */
export interface OpenTurn {
  turn: ChatTurn
  /** The events after `accepted`. */
  events: AsyncGenerator<ReceivedEvent>
}

/** Sends a message and returns once it is accepted. Throws `ApiError` where it is not. */
export async function openTurn(
  client: Client,
  body: { project_id: string; message: string; session_id?: string },
  headers: Record<string, string> = {},
): Promise<OpenTurn> {
  const response = await client.send(contract.chat.send, { body: { ...body, stream: true }, headers })
  const events = readEvents(response.body ?? new ReadableStream())
  const { value: first } = await events.next()
  if (first?.event !== 'accepted') throw new Error(`${first?.event} came before the acceptance`)
  return { turn: first.data, events }
}

/** How a stream ended. */
export interface Ending {
  event: 'done' | 'error' | 'cancelled'
  message: Message
  streamed: string
}

/** Reads a stream to its end. */
export async function endingOf(events: AsyncGenerator<ReceivedEvent>): Promise<Ending> {
  let streamed = ''
  let ending: Ending | null = null
  for await (const { event, data } of events) {
    if (ending) throw new Error(`${event} came after ${ending.event}`)
    if (event === 'delta') streamed += data.text
    if (event === 'done' || event === 'error' || event === 'cancelled') {
      ending = { event, message: data.assistant_message, streamed }
    }
  }
  if (!ending) throw new Error('the stream ended without a terminal event')
  return ending
}

/** The problem a call is refused with. */
export async function problemOf(call: Promise<unknown>): Promise<Problem> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof ApiError)) throw new Error('the call did not fail with a problem', { cause: error })
  return error.problem
}

/** Runs `work` for 0 to `count - 1`, `width` at a time. */
export async function inParallel(count: number, width: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: width }, lane))
}
