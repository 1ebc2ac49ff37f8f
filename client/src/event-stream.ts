import { StreamEvent } from '@chatbot-platform/contract'
import { createParser } from 'eventsource-parser'
import { ConnectionError } from './http-client.ts'

/** A stream event with the text offset after it, where it has one. */
export type ReceivedEvent = StreamEvent & { id: number | null }

export interface ReadEventsOptions {
  /** Called whenever anything arrives, pings included: the line is alive. The server pings every 15 seconds. */
  onActivity?: () => void
}

/**
 * Reads a turn's events from an answer's body; events that this version does not know are skipped. The body is cancelled
 * when the reader stops early. Throws {@link ConnectionError} where the line breaks; a server that goes away may also
 * just end the body, without a terminal event.
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  { onActivity }: ReadEventsOptions = {},
): AsyncGenerator<ReceivedEvent> {
  const received: ReceivedEvent[] = []
  const parser = createParser({
    onEvent: ({ event, data, id }) => {
      const parsed = StreamEvent.safeParse({ event, data: JSON.parse(data) })
      if (parsed.success) received.push({ ...parsed.data, id: id === undefined ? null : Number(id) })
    },
  })
  const decoder = new TextDecoder()
  // Not every browser can iterate a stream.
  const reader = body.getReader()
  const next = async () => {
    const { done, value } = await reader.read()
    if (done) return false
    onActivity?.()
    parser.feed(decoder.decode(value, { stream: true }))
    return true
  }
  try {
    while (await next().catch(brokenLine)) yield* received.splice(0)
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

function brokenLine(cause: unknown): never {
  throw new ConnectionError('The stream broke off.', { cause })
}
