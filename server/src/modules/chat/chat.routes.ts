import { contract } from '@chatbot-platform/contract'
import type { FastifyRequest } from 'fastify'
import type { App } from '../../platform/http/app.ts'
import { EventStream, frame } from '../../platform/http/event-stream.ts'
import { route } from '../../platform/http/route.ts'
import type { Scope } from '../../platform/scope.ts'
import { type ChatService, storedResult } from './chat.service.ts'
import { Run } from './run.ts'
import { endFrame, sendRun } from './run-reader.ts'

const pollIntervalMs = 250

export function chatRoutes(app: App, chat: ChatService): void {
  route(app, contract.chat.send, async ({ scope, body, request, reply }) => {
    const accepted = await chat.accept(scope, body)
    if (!body.stream && !wantsEvents(request)) return chat.complete(accepted)
    const stream = new EventStream(reply)
    stream.write(frame('accepted', accepted.turn))
    sendRun(accepted.run, stream, 0)
    return reply
  })

  route(app, contract.chat.message, ({ scope, params }) => chat.message(scope, params.message_id))

  route(app, contract.chat.attach, async ({ scope, params, request, reply }) => {
    const found = await chat.find(scope, params.message_id)
    const stream = new EventStream(reply)
    const offset = lastEventId(request)
    if (found instanceof Run) sendRun(found, stream, offset)
    else void followStored(chat, scope, params.message_id, stream, offset)
    return reply
  })

  route(app, contract.chat.cancel, ({ scope, params }) => chat.cancel(scope, params.message_id))
}

function wantsEvents(request: FastifyRequest): boolean {
  return request.headers.accept?.includes('text/event-stream') === true
}

/** The text offset a reconnecting reader has reached; 0 for a new one or a header that is not ours. */
function lastEventId(request: FastifyRequest): number {
  const value = Number(request.headers['last-event-id'])
  return Number.isSafeInteger(value) && value > 0 ? value : 0
}

/** Sends a stored answer, and reads on from the row while another process writes it. */
async function followStored(chat: ChatService, scope: Scope, id: string, stream: EventStream, from: number) {
  let offset = from
  try {
    while (!stream.closed) {
      const message = await chat.message(scope, id)
      const text = message.content.slice(offset)
      offset = Math.max(offset, message.content.length)
      const delta = text === '' ? '' : frame('delta', { text }, offset)
      if (message.state !== 'pending' && message.state !== 'streaming') {
        return stream.end(delta + endFrame(storedResult(message)))
      }
      if (delta !== '' && !stream.write(delta)) await stream.ready()
      await new Promise((resolve) => setTimeout(resolve, pollIntervalMs))
    }
  } catch {
    // The row is gone or the database is away: the reader sees the stream end without a terminal event and comes back.
    stream.end()
  }
}
