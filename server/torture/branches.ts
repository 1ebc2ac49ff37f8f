import { contract } from '@chatbot-platform/contract'
import { type Actor, type Load, post, tally } from './load.ts'
import { type Asking, ask, newQuestion, ways } from './turns.ts'

const kinds = { regenerate: 4, edit: 4, continue: 3 }
const wayWeights = { jsonTurn: 4, eventsTurn: 3, leavingTurn: 2, cancelledTurn: 2 }

/** A turn beside one that is remembered: another answer, a changed question, or the rest of an answer that was cut. */
export async function branchTurn(load: Load, actor: Actor): Promise<void> {
  const kind = actor.random.weighted(kinds)
  const way = actor.random.weighted(wayWeights)
  await ways[way](load, actor, () => {
    const asking = askings[kind](actor)
    tally(load, asking ? `asked to ${kind}` : `nothing to ${kind} yet`)
    return asking ?? ask(actor)
  })
}

/** Goes back to the path through a message of some session; the next turn of the client goes on from there. */
export async function selectPath(load: Load, actor: Actor): Promise<void> {
  const known = actor.random.oneOf(actor.remembered)
  if (!known) return
  const message = actor.random.next() < 0.5 ? known.question : known.answer
  const sessionId = message.chat_session_id
  const params = { message_id: message.id }
  load.paths.set(sessionId, null)
  await post(load, actor, (headers) => actor.client.call(contract.chat.select, { params, headers }))
  load.paths.set(sessionId, { messageId: message.id })
  actor.sessionId = sessionId
  tally(load, 'paths selected')
}

const askings: Record<keyof typeof kinds, (actor: Actor) => Asking | null> = {
  regenerate: (actor) => {
    const known = actor.random.oneOf(actor.remembered)
    if (!known) return null
    const params = { message_id: known.answer.id }
    return {
      question: known.question.content,
      sessionId: known.answer.chat_session_id,
      json: (init) => actor.client.call(contract.chat.regenerate, { params, body: {}, ...init }),
      events: (init) => actor.client.send(contract.chat.regenerate, { params, body: { stream: true }, ...init }),
    }
  },
  edit: (actor) => {
    const known = actor.random.oneOf(actor.remembered)
    if (!known) return null
    const params = { message_id: known.question.id }
    const message = newQuestion(actor)
    return {
      question: message,
      sessionId: known.question.chat_session_id,
      json: (init) => actor.client.call(contract.chat.edit, { params, body: { message }, ...init }),
      events: (init) => actor.client.send(contract.chat.edit, { params, body: { message, stream: true }, ...init }),
    }
  },
  continue: (actor) => {
    const known = actor.random.oneOf(actor.remembered.filter(({ answer }) => answer.state !== 'complete'))
    if (!known) return null
    const params = { message_id: known.answer.id }
    return {
      question: known.question.content,
      sessionId: known.answer.chat_session_id,
      json: (init) => actor.client.call(contract.chat.continue, { params, body: {}, ...init }),
      events: (init) => actor.client.send(contract.chat.continue, { params, body: { stream: true }, ...init }),
    }
  },
}
