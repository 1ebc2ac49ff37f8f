import { ApiError, type ReceivedEvent, readEvents } from '@chatbot-platform/client'
import { type ChatTurn, contract, type Message } from '@chatbot-platform/contract'
import { type Actor, answerTimeoutMs, breathe, isPassing, type Load, post, tally, turnOf } from './load.ts'

type Terminal = Extract<ReceivedEvent, { event: 'done' | 'error' | 'cancelled' }>

const mostRemembered = 50
const planWeights = { quick: 60, slow: 14, long: 10, cut: 10, refused: 6 }

/** A turn answered as JSON. */
export async function jsonTurn(load: Load, actor: Actor): Promise<void> {
  const body = nextInput(actor)
  try {
    const turn = await post(load, actor, (headers) =>
      actor.client.call(contract.chat.send, { body, headers, signal: AbortSignal.timeout(answerTimeoutMs) }),
    )
    await recordTurn(load, actor, turn)
    await recordEnd(load, actor, turn.assistant_message)
  } catch (error) {
    const turn = turnOf(error)
    if (turn === null) throw error
    await recordTurn(load, actor, turn)
    // Without the database the end of an answer may be told and not be stored; it is no acknowledgement then.
    if (error instanceof ApiError && error.problem.code !== 'database_unavailable') {
      await recordEnd(load, actor, turn.assistant_message)
    }
  }
}

/** A turn answered as events, read to its end however often the connection breaks. */
export async function eventsTurn(load: Load, actor: Actor): Promise<void> {
  const { answerId, events } = await open(load, actor)
  await follow(load, actor, answerId, events)
}

/** A turn whose reader leaves at its first text, and comes back later for the rest. */
export async function leavingTurn(load: Load, actor: Actor): Promise<void> {
  const leaving = new AbortController()
  const { answerId, events } = await open(load, actor, leaving.signal)
  const first = await events.next()
  leaving.abort()
  if (first.done) return follow(load, actor, answerId, null)
  if (isTerminal(first.value)) return finish(load, actor, '', first.value)
  await breathe(actor.random.between(0, 400))
  const streamed = first.value.event === 'delta' ? first.value.data.text : ''
  await follow(load, actor, answerId, null, streamed)
}

/** A turn that is cancelled on the way; who reads along sees the same end. */
export async function cancelledTurn(load: Load, actor: Actor): Promise<void> {
  const { answerId, events } = await open(load, actor)
  const following = follow(load, actor, answerId, events)
  await breathe(actor.random.between(0, 60))
  const params = { message_id: answerId }
  const cancelling = actor.client.call(contract.chat.cancel, { params, signal: AbortSignal.timeout(answerTimeoutMs) })
  const [cancelled, followed] = await Promise.allSettled([cancelling, following])
  if (cancelled.status === 'fulfilled') await recordEnd(load, actor, cancelled.value)
  if (followed.status === 'rejected') throw followed.reason
  if (cancelled.status === 'rejected') throw cancelled.reason
}

/** Sends a message and returns once the server has accepted it and the ledger has it. */
async function open(load: Load, actor: Actor, signal = AbortSignal.timeout(answerTimeoutMs)) {
  const body = { ...nextInput(actor), stream: true }
  const { turn, events } = await post(load, actor, async (headers) => {
    const response = await actor.client.send(contract.chat.send, { body, headers, signal })
    const events = readEvents(response.body ?? new ReadableStream())
    const { value: first } = await events.next()
    if (first?.event !== 'accepted') throw new TypeError('terminated before the acceptance')
    return { turn: first.data, events }
  })
  await recordTurn(load, actor, turn)
  return { answerId: turn.assistant_message.id, events }
}

/** Reads an answer to its end, attaching again after `streamed` whenever the connection breaks. */
async function follow(
  load: Load,
  actor: Actor,
  answerId: string,
  first: AsyncGenerator<ReceivedEvent> | null,
  alreadyStreamed = '',
): Promise<void> {
  let streamed = alreadyStreamed
  let events = first
  while (!load.isStopped) {
    try {
      events ??= await attach(actor, answerId, streamed.length)
      for await (const event of events) {
        if (event.event === 'delta') streamed += event.data.text
        if (isTerminal(event)) return await finish(load, actor, streamed, event)
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

async function finish(load: Load, actor: Actor, streamed: string, terminal: Terminal): Promise<void> {
  const answer = terminal.data.assistant_message
  // After a crash a reader may have seen more than was stored of an answer that was interrupted; of no other.
  const isWhole = terminal.event === 'error' ? agree(streamed, answer.content) : streamed === answer.content
  if (!isWhole) {
    load.violations.push(
      `answer ${answer.id}: ${streamed.length} characters were streamed, ${terminal.event} said ${answer.content.length}`,
    )
  }
  if (terminal.event === 'error' && terminal.data.code === 'database_unavailable') return
  await recordEnd(load, actor, answer)
}

function agree(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one)
}

/** A question nobody has asked before, in the session the client is in or a new one. */
function nextInput(actor: Actor) {
  actor.count += 1
  if (actor.random.next() < 0.2) actor.sessionId = undefined
  const message = `${actor.random.weighted(planWeights)} question ${actor.count} of ${actor.name}`
  return { project_id: actor.projectId, message, session_id: actor.sessionId ?? null }
}

async function recordTurn(load: Load, actor: Actor, turn: ChatTurn): Promise<void> {
  actor.sessionId = turn.session_id
  await load.ledger.record({ kind: 'asked', question: turn.message, answerId: turn.assistant_message.id })
  tally(load, 'questions acknowledged')
}

async function recordEnd(load: Load, actor: Actor, answer: Message): Promise<void> {
  await load.ledger.record({ kind: 'ended', answer })
  tally(load, `answers ${answer.state}`)
  actor.remembered.push(answer)
  if (actor.remembered.length > mostRemembered) actor.remembered.shift()
}
