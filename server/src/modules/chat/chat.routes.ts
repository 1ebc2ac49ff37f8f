import { contract } from '@chatbot-platform/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../../platform/http/app.ts'
import { EventStream, frame } from '../../platform/http/event-stream.ts'
import { route } from '../../platform/http/route.ts'
import type { Scope } from '../../platform/scope.ts'
import type { AnswerReader } from './answer-reader.ts'
import type { AcceptedTurn, ChatService } from './chat.service.ts'
import type { MessageTreeService } from './message-tree.service.ts'
import { isUnderWay } from './turn-outcome.ts'

export interface ChatRoutes {
  chat: ChatService
  messageTree: MessageTreeService
  answers: AnswerReader
}

export function chatRoutes(app: App, { chat, messageTree, answers }: ChatRoutes): void {
  const { send, regenerate, edit, continue: carryOn, message, attach, cancel, siblings, select } = contract.chat

  route(app, send, async (call) => answer(call, await chat.send(call.scope, call.body, call.claim)))

  route(app, regenerate, async (call) => {
    const input = { kind: 'regenerate', promptId: call.body.prompt_id ?? null } as const
    return answer(call, await chat.addSibling(call.scope, call.params.message_id, input, call.claim))
  })

  route(app, edit, async (call) => {
    const { message: content, prompt_id: promptId = null, attachments: imageIds = null } = call.body
    const input = { kind: 'edit', promptId, content, imageIds } as const
    return answer(call, await chat.addSibling(call.scope, call.params.message_id, input, call.claim))
  })

  route(app, carryOn, async (call) => {
    const input = { kind: 'continue', isAutomatic: call.body.automatic } as const
    return answer(call, await chat.addSibling(call.scope, call.params.message_id, input, call.claim))
  })

  route(app, message, ({ scope, params }) => chat.message(scope, params.message_id))

  route(app, attach, async ({ scope, params, request, reply }) => {
    const found = await chat.find(scope, params.message_id)
    answers.send(scope, found, new EventStream(reply), lastEventId(request))
    return reply
  })

  route(app, cancel, ({ scope, params }) => chat.cancel(scope, params.message_id))
  route(app, siblings, ({ scope, params }) => messageTree.siblings(scope, params.message_id))
  route(app, select, ({ scope, params, claim }) => messageTree.select(scope, params.message_id, claim))

  /** The turn as JSON once it has ended, or at once for a caller that prefers to poll; or as a stream from its beginning. */
  async function answer(call: TurnCall, accepted: AcceptedTurn) {
    call.request.leaveGate?.()
    if (!call.body.stream && !wantsEvents(call.request)) {
      const { assistant_message: answer } = accepted.turn
      if (prefersAsync(call.request) && isUnderWay(answer)) {
        call.reply.code(202).header('location', `/messages/${answer.id}`).header('preference-applied', 'respond-async')
        return accepted.turn
      }
      return answers.complete(call.scope, accepted, () => call.reply.raw.destroyed)
    }
    const stream = new EventStream(call.reply)
    stream.write(frame('accepted', accepted.turn))
    answers.send(call.scope, accepted.run ?? accepted.turn.assistant_message, stream, 0)
    return call.reply
  }
}

interface TurnCall {
  scope: Scope
  body: { stream: boolean }
  request: FastifyRequest
  reply: FastifyReply
}

function wantsEvents(request: FastifyRequest): boolean {
  return request.headers.accept?.includes('text/event-stream') === true
}

/** `Prefer: respond-async`, alone or among others: https://www.rfc-editor.org/rfc/rfc7240#section-4.1 */
function prefersAsync(request: FastifyRequest): boolean {
  const preferences = [request.headers.prefer ?? []].flat().join(',').split(',')
  return preferences.some((preference) => /^\s*respond-async\s*(;|$)/i.test(preference))
}

/** The text offset a reconnecting reader has reached; 0 for a new one or a header that is not ours. */
function lastEventId(request: FastifyRequest): number {
  const value = Number(request.headers['last-event-id'])
  return Number.isSafeInteger(value) && value > 0 ? value : 0
}
