import { ApiError, ConnectionError, type ReceivedEvent, readEvents } from '@chatbot-platform/client'
import { type ChatTurn, contract, type Message } from '@chatbot-platform/contract'
import { type Actor, answerTimeoutMs, breathe, isPassing, type Load, post, tally, turnOf } from './load.ts'

type Terminal = Extract<ReceivedEvent, { event: 'done' | 'error' | 'cancelled' }>

const mostRemembered = 50
const planWeights = { quick: 60, slow: 14, long: 10, cut: 10, refused: 6 }

/** A request for an answer, in either form. */
export interface Asking {
  /** The text that is to be answered. */
  question: string
  /** Whose path it moves; null for a new session. */
  sessionId: string | null
  json(init: RequestInit): Promise<ChatTurn>
  events(init: RequestInit): Promise<Response>
}

interface RequestInit {
  headers: Record<string, string>
  signal: AbortSignal
}

/** Decides what to ask, at the moment of asking. */
type Ask = (actor: Actor) => Asking

/** The ways to take an answer. */
export const ways = { jsonTurn, eventsTurn, leavingTurn, cancelledTurn }

/** Asks a question that nobody has asked before, in the session the client is in or a new one. */
export function ask(actor: Actor): Asking {
  const message = newQuestion(actor)
  if (actor.random.next() < 0.2) actor.sessionId = undefined
  const sessionId = actor.sessionId ?? null
  const body = { project_id: actor.projectId, message, session_id: sessionId }
  return {
    question: message,
    sessionId,
    json: (init) => actor.client.call(contract.chat.send, { body, ...init }),
    events: (init) => actor.client.send(contract.chat.send, { body: { ...body, stream: true }, ...init }),
  }
}

export function newQuestion(actor: Actor): string {
  actor.count += 1
  return `${actor.random.weighted(planWeights)} question ${actor.count} of ${actor.name}`
}

/** A turn answered as JSON. */
async function jsonTurn(load: Load, actor: Actor, ask: Ask): Promise<void> {
  const asking = begin(load, actor, ask)
  try {
    const turn = await post(load, actor, (headers) =>
      asking.json({ headers, signal: AbortSignal.timeout(answerTimeoutMs) }),
    )
    await recordTurn(load, actor, turn)
    await recordEnd(load, actor, turn, turn.assistant_message)
  } catch (error) {
    const turn = turnOf(error)
    if (turn === null) throw error
    await recordTurn(load, actor, turn)
    // Without the database the end of an answer may be told and not be stored; it is no acknowledgement then.
    if (error instanceof ApiError && error.problem.code !== 'database_unavailable') {
      await recordEnd(load, actor, turn, turn.assistant_message)
    }
  }
}

/** A turn answered as events, read to its end however often the connection breaks. */
async function eventsTurn(load: Load, actor: Actor, ask: Ask): Promise<void> {
  const { turn, events } = await open(load, actor, ask)
  await follow(load, actor, turn, events)
}

/** A turn whose reader leaves at its first text, and comes back later for the rest. */
async function leavingTurn(load: Load, actor: Actor, ask: Ask): Promise<void> {
  const leaving = new AbortController()
  const { turn, events } = await open(load, actor, ask, leaving.signal)
  const first = await events.next()
  leaving.abort()
  if (first.done) return follow(load, actor, turn, null)
  if (isTerminal(first.value)) return finish(load, actor, turn, '', first.value)
  await breathe(actor.random.between(0, 400))
  const streamed = first.value.event === 'delta' ? first.value.data.text : ''
  await follow(load, actor, turn, null, streamed)
}

/** A turn that is cancelled on the way; who reads along sees the same end. */
async function cancelledTurn(load: Load, actor: Actor, ask: Ask): Promise<void> {
  const { turn, events } = await open(load, actor, ask)
  const following = follow(load, actor, turn, events)
  await breathe(actor.random.between(0, 60))
  const params = { message_id: turn.assistant_message.id }
  const cancelling = actor.client.call(contract.chat.cancel, { params, signal: AbortSignal.timeout(answerTimeoutMs) })
  const [cancelled, followed] = await Promise.allSettled([cancelling, following])
  if (cancelled.status === 'fulfilled') await recordEnd(load, actor, turn, cancelled.value)
  if (followed.status === 'rejected') throw followed.reason
  if (cancelled.status === 'rejected') throw cancelled.reason
}

/** Asks and returns once the server has accepted it and the ledger has it. */
async function open(load: Load, actor: Actor, ask: Ask, signal = AbortSignal.timeout(answerTimeoutMs)) {
  const asking = begin(load, actor, ask)
  const { turn, events } = await post(load, actor, async (headers) => {
    const response = await asking.events({ headers, signal })
    const events = readEvents(response.body ?? new ReadableStream())
    const { value: first } = await events.next()
    if (first?.event !== 'accepted') throw new ConnectionError('The stream ended before the acceptance.')
    return { turn: first.data, events }
  })
  await recordTurn(load, actor, turn)
  return { turn, events }
}

/** Books what is about to be asked; until it is acknowledged nobody knows where the session's path goes. */
function begin(load: Load, actor: Actor, ask: Ask): Asking {
  const asking = ask(actor)
  load.requests.set(asking.question, (load.requests.get(asking.question) ?? 0) + 1)
  if (asking.sessionId !== null) load.paths.set(asking.sessionId, null)
  return asking
}

/** Reads an answer to its end, attaching again after `streamed` whenever the connection breaks. */
async function follow(
  load: Load,
  actor: Actor,
  turn: ChatTurn,
  first: AsyncGenerator<ReceivedEvent> | null,
  alreadyStreamed = '',
): Promise<void> {
  let streamed = alreadyStreamed
  let events = first
  while (!load.isStopped) {
    try {
      events ??= await attach(actor, turn.assistant_message.id, streamed.length)
      for await (const event of events) {
        if (event.event === 'delta') streamed += event.data.text
        if (isTerminal(event)) return await finish(load, actor, turn, streamed, event)
      }
    } catch (error) {
      if (!isPassing(error)) throw error
    }
    events = null
    tally(load, 'attached again')
    await breathe()
  }
}

async function attach(actor: Actor, answerId: string, offset: number): Promise<AsyncGenerator<ReceivedEvent>> {
  const response = await actor.client.send(contract.chat.attach, {
    params: { message_id: answerId },
    headers: offset > 0 ? { 'last-event-id': String(offset) } : {},
    signal: AbortSignal.timeout(answerTimeoutMs),
  })
  return readEvents(response.body ?? new ReadableStream())
}

function isTerminal(event: ReceivedEvent): event is Terminal & { id: number | null } {
  return event.event === 'done' || event.event === 'error' || event.event === 'cancelled'
}

async function finish(load: Load, actor: Actor, turn: ChatTurn, streamed: string, terminal: Terminal): Promise<void> {
  const answer = terminal.data.assistant_message
  // After a crash a reader may have seen more than was stored of an answer that was interrupted; of no other.
  const isWhole = terminal.event === 'error' ? agree(streamed, answer.content) : streamed === answer.content
  if (!isWhole) {
    load.violations.push(
      `answer ${answer.id}: ${streamed.length} characters were streamed, ${terminal.event} said ${answer.content.length}`,
    )
  }
  if (terminal.event === 'error' && terminal.data.code === 'database_unavailable') return
  await recordEnd(load, actor, turn, answer)
}

function agree(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one)
}

async function recordTurn(load: Load, actor: Actor, turn: ChatTurn): Promise<void> {
  actor.sessionId = turn.session_id
  await load.ledger.record({ kind: 'asked', question: turn.message, answerId: turn.assistant_message.id })
  load.paths.set(turn.session_id, { messageId: turn.assistant_message.id })
  tally(load, 'turns acknowledged')
}

async function recordEnd(load: Load, actor: Actor, { message: question }: ChatTurn, answer: Message): Promise<void> {
  await load.ledger.record({ kind: 'ended', answer })
  tally(load, `answers ${answer.state}`)
  actor.remembered.push({ question, answer })
  if (actor.remembered.length > mostRemembered) actor.remembered.shift()
}
