import { StreamEvent } from '@chatbot-platform/contract'
import { createParser } from 'eventsource-parser'

/** A stream event with the text offset after it, where it has one. */
export type ReceivedEvent = StreamEvent & { id: number | null }

/** Reads a turn's events from an answer's body; events that this version does not know are skipped. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ReceivedEvent> {
  const received: ReceivedEvent[] = []
  const parser = createParser({
    onEvent: ({ event, data, id }) => {
      const parsed = StreamEvent.safeParse({ event, data: JSON.parse(data) })
      if (parsed.success) received.push({ ...parsed.data, id: id === undefined ? null : Number(id) })
    },
  })
  const decoder = new TextDecoder()
  for await (const chunk of body) {
    parser.feed(decoder.decode(chunk, { stream: true }))
    yield* received.splice(0)
  }
}
