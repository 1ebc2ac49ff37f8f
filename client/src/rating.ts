import { contract, type Feedback, type FeedbackInput, type Message } from '@chatbot-platform/contract'
import { mayPass, problemFrom } from './chat-problem.ts'
import type { ChatState } from './chat-state.ts'
import type { History } from './history.ts'
import type { Client } from './http-client.ts'

interface Deps {
  client: Client
  state: ChatState
  history: History
}

interface Rating {
  messageId: string
  /** Null takes it back. */
  feedback: FeedbackInput | null
  key: string
}

/** Rates an answer. It is shown at once; when the server does not take it, it is as it was, and the failure says why. */
export async function rateMessage(deps: Deps, rating: Rating): Promise<void> {
  const { client, history, state } = deps
  const { messageId, feedback, key } = rating
  const before = history.find(messageId)
  const wanted = feedback && { rating: feedback.rating, reason: feedback.reason ?? null }
  if (before) history.replace(withFeedback(before, wanted))
  const params = { message_id: messageId }
  try {
    if (feedback === null) await client.call(contract.feedback.remove, { params })
    else await client.call(contract.feedback.set, { params, body: feedback, headers: { 'idempotency-key': key } })
  } catch (error) {
    const message = history.find(messageId)
    // A later rating has taken its place on the screen already.
    const isShown = JSON.stringify(message?.feedback ?? null) === JSON.stringify(wanted)
    if (message && isShown) history.replace(withFeedback(message, before?.feedback ?? null))
    const again = mayPass(error) ? () => void rateMessage(deps, rating) : null
    state.fail(problemFrom(error), { again })
  }
}

function withFeedback({ feedback: _, ...message }: Message, feedback: Feedback | null): Message {
  return feedback === null ? message : { ...message, feedback }
}
