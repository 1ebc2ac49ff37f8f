import { z } from 'zod'
import { AttachmentIds } from './attachments.ts'
import { Id, text } from './common.ts'
import { endpoint } from './endpoint.ts'
import { ErrorCode } from './errors.ts'
import { Citation } from './knowledge.ts'
import { Message } from './messages.ts'

/** A message is text, images, or both. */
function saysSomething({
  message,
  attachments = [],
}: {
  message: string
  attachments?: string[] | undefined
}): boolean {
  return message !== '' || attachments.length > 0
}

const nothingSaid = { path: ['message'], error: 'Write something, or attach an image' }

export const ChatInput = z
  .object({
    project_id: Id,
    /** May be empty beside images. */
    message: text(0, 100_000),
    /** Absent or `null`: a new session begins. */
    session_id: Id.nullish(),
    /** Another prompt version of the project, to try a draft; absent or `null`: the active one. */
    prompt_id: Id.nullish(),
    /** Images that were uploaded to this project and not sent yet. */
    attachments: AttachmentIds.optional(),
    /** `true`, or an `Accept: text/event-stream` header: the answer comes as server-sent events. */
    stream: z.boolean().default(false),
  })
  .refine(saysSomething, nothingSaid)
export type ChatInput = z.infer<typeof ChatInput>

export const ChatTurn = z.object({ session_id: Id, message: Message, assistant_message: Message })
export type ChatTurn = z.infer<typeof ChatTurn>

/**
 * The events of a streamed turn, by SSE event name. `accepted` comes once both messages are stored; a `delta` carries
 * text whose `id:` is the offset after it in UTF-16 units; then exactly one of `done`, `error` and `cancelled`. Where the
 * project has documents, `citations` lists the passages that the answer was given, before its text; the final message
 * keeps those that it cites.
 * A client ignores names it does not know.
 */
export const StreamEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('accepted'), data: ChatTurn }),
  z.object({ event: z.literal('delta'), data: z.object({ text: z.string() }) }),
  z.object({
    event: z.literal('status'),
    data: z.object({ state: z.string(), ahead: z.int().nullable(), retry_at: z.string().nullable() }),
  }),
  z.object({ event: z.literal('citations'), data: z.object({ citations: z.array(Citation) }) }),
  z.object({ event: z.literal('done'), data: z.object({ assistant_message: Message }) }),
  z.object({
    event: z.literal('error'),
    data: z.object({ code: ErrorCode, detail: z.string(), retryable: z.boolean(), assistant_message: Message }),
  }),
  z.object({ event: z.literal('cancelled'), data: z.object({ assistant_message: Message }) }),
])
export type StreamEvent = z.infer<typeof StreamEvent>

const MessageParams = z.object({ message_id: Id })

const stream = z.boolean().default(false)
const prompt_id = Id.nullish()

/** Bodies of the calls that add a sibling; `stream` and `prompt_id` as in {@link ChatInput}. */
export const RegenerateInput = z.object({ stream, prompt_id }).prefault({})
/** `attachments`: the images of the changed question, its own among them; absent: the same ones. */
export const EditInput = z
  .object({
    /** May be empty where `attachments` names an image. */
    message: text(0, 100_000),
    attachments: AttachmentIds.optional(),
    stream,
    prompt_id,
  })
  .refine(saysSomething, nothingSaid)
/**
 * `automatic`: asked for by a program, not by a person. Then only where the answer was interrupted, is the newest of the
 * chosen path, and no other answer to its question was interrupted before; else 409 `conflict`.
 */
export const ContinueInput = z.object({ stream, automatic: z.boolean().default(false) }).prefault({})

export const chat = {
  send: endpoint({
    method: 'POST',
    path: '/chat',
    access: 'user',
    status: 200,
    tag: 'Chat',
    summary: 'Send a message and get the answer, as JSON or as a stream of events',
    body: ChatInput,
    response: ChatTurn,
    accepted: ChatTurn,
    events: StreamEvent,
  }),
  message: endpoint({
    method: 'GET',
    path: '/messages/{message_id}',
    access: 'user',
    status: 200,
    tag: 'Chat',
    summary: 'One message with its current text and state',
    params: MessageParams,
    response: Message,
  }),
  attach: endpoint({
    method: 'GET',
    path: '/messages/{message_id}/stream',
    access: 'user',
    status: 200,
    tag: 'Chat',
    summary: 'Attach to an answer, live or finished, from the start or after `Last-Event-ID`',
    params: MessageParams,
    events: StreamEvent,
  }),
  cancel: endpoint({
    method: 'POST',
    path: '/messages/{message_id}/cancel',
    access: 'user',
    status: 200,
    tag: 'Chat',
    summary: 'Stop an answer under way, keeping its text; a finished one is returned as it is',
    params: MessageParams,
    response: Message,
  }),
  regenerate: endpoint({
    method: 'POST',
    path: '/messages/{message_id}/regenerate',
    access: 'user',
    status: 200,
    tag: 'Chat',
    summary: 'Write another answer beside this one',
    params: MessageParams,
    body: RegenerateInput,
    response: ChatTurn,
    accepted: ChatTurn,
    events: StreamEvent,
  }),
  edit: endpoint({
    method: 'POST',
    path: '/messages/{message_id}/edit',
    access: 'user',
    status: 200,
    tag: 'Chat',
    summary: 'Ask a changed question beside this one, and answer it',
    params: MessageParams,
    body: EditInput,
    response: ChatTurn,
    accepted: ChatTurn,
    events: StreamEvent,
  }),
  continue: endpoint({
    method: 'POST',
    path: '/messages/{message_id}/continue',
    access: 'user',
    status: 200,
    tag: 'Chat',
    summary: 'Carry on an answer that was cut, as a new answer beside it',
    params: MessageParams,
    body: ContinueInput,
    response: ChatTurn,
    accepted: ChatTurn,
    events: StreamEvent,
  }),
  siblings: endpoint({
    method: 'GET',
    path: '/messages/{message_id}/siblings',
    access: 'user',
    status: 200,
    tag: 'Chat',
    summary: 'This message and those beside it, oldest first',
    params: MessageParams,
    response: z.array(Message),
  }),
  select: endpoint({
    method: 'POST',
    path: '/messages/{message_id}/select',
    access: 'user',
    status: 200,
    tag: 'Chat',
    summary: 'Make the path through this message the one that the session shows and goes on from',
    params: MessageParams,
    response: Message,
  }),
} as const
