import { ApiError } from '@chatbot-platform/client'
import { type ChatTurn, contract, type Message, type Problem, type Project } from '@chatbot-platform/contract'
import type { TestUser } from './app.ts'

/** Asks a question, in a new session or in the given one. */
export function ask(user: TestUser, project: Project, message: string, sessionId?: string): Promise<ChatTurn> {
  const body = { project_id: project.id, message, ...(sessionId ? { session_id: sessionId } : {}) }
  return user.client.call(contract.chat.send, { body })
}

/** The messages of a session as it shows them. */
export function messagesOf(user: TestUser, sessionId: string): Promise<Message[]> {
  return user.client.call(contract.sessions.messages, { params: { session_id: sessionId }, query: {} })
}

/** The problem that a call fails with. */
export async function problemOf(call: Promise<unknown>): Promise<Problem> {
  const error = await call.catch((reason: unknown) => reason)
  if (!(error instanceof ApiError)) throw new Error('the call did not fail with a problem')
  return error.problem
}
