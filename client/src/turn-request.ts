import { type ChatTurn, contract } from '@chatbot-platform/contract'
import { askedPauseMs, isAway } from './chat-problem.ts'
import { backOff, type LineContext, openLine } from './event-line.ts'
import type { ReceivedEvent } from './event-stream.ts'
import { type Client, ConnectionError } from './http-client.ts'
import type { OutboxEntry } from './outbox.ts'

/** A turn whose messages are stored, and the line on which its answer comes. */
export interface AcceptedTurn {
  turn: ChatTurn
  events: AsyncGenerator<ReceivedEvent>
}

export interface AskOptions {
  projectId: string
  /** No answer yet; it is about to be asked again with the same key. */
  broken(): void
}

/**
 * Asks for a turn until it is acknowledged, each time with the same key, so that it happens once. Throws
 * {@link ConnectionError} once nobody has answered for `sendPatienceMs`, {@link ApiError} when the server refuses.
 */
export async function askTurn(line: LineContext, entry: OutboxEntry, options: AskOptions): Promise<AcceptedTurn> {
  const deadline = Date.now() + line.timing.sendPatienceMs
  for (let attempt = 0; ; attempt++) {
    let pauseMs: number
    try {
      return await askOnce(line, entry, options.projectId)
    } catch (error) {
      if (line.signal.aborted || !isAway(error) || Date.now() > deadline) throw error
      pauseMs = askedPauseMs(error)
    }
    options.broken()
    await backOff(attempt, line, pauseMs)
  }
}

async function askOnce(line: LineContext, entry: OutboxEntry, projectId: string): Promise<AcceptedTurn> {
  const events = openLine(line, (signal) => post(line.client, entry, { projectId, signal }))
  for (;;) {
    const { value, done } = await events.next()
    if (done) throw new ConnectionError('The stream ended before the message was accepted.')
    if (value.event === 'accepted') return { turn: value.data, events }
  }
}

function post(client: Client, entry: OutboxEntry, { projectId, signal }: { projectId: string; signal: AbortSignal }) {
  const call = { headers: { 'idempotency-key': entry.key }, signal }
  const params = { message_id: entry.messageId ?? '' }
  const body = { stream: true, ...(entry.promptId === null ? {} : { prompt_id: entry.promptId }) }
  const message = entry.text ?? ''
  const images = entry.attachments ? { attachments: entry.attachments.map(({ id }) => id) } : {}
  switch (entry.kind) {
    case 'send': {
      const session = entry.sessionId === null ? {} : { session_id: entry.sessionId }
      const whole = { ...body, ...session, ...images, project_id: projectId, message }
      return client.send(contract.chat.send, { ...call, body: whole })
    }
    case 'regenerate':
      return client.send(contract.chat.regenerate, { ...call, params, body })
    case 'edit':
      return client.send(contract.chat.edit, { ...call, params, body: { ...body, ...images, message } })
    case 'continue':
      return client.send(contract.chat.continue, {
        ...call,
        params,
        body: { stream: true, ...(entry.isAutomatic ? { automatic: true } : {}) },
      })
    default:
      throw new Error(`unknown kind ${entry.kind satisfies never}`)
  }
}
