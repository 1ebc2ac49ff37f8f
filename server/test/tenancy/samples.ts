import { contract } from '@chatbot-platform/contract'
import { createProject, type TestApp, type TestUser, testPassword } from '../support/app.ts'
import { untilIndexed } from '../support/search.ts'

/** A word that stands in every text of an owner's resources: whoever else reads it has found a leak. */
export const canary = 'canary-7f3a'

/** One of everything that an id can name, by the name of the path parameter. */
export type Resources = Record<'project_id' | 'prompt_id' | 'session_id' | 'message_id' | 'question_id', string>

/** Makes them for a user: a project with an active prompt and a session with one finished turn. */
export async function makeResources(app: TestApp, user: TestUser): Promise<Resources> {
  const project = await createProject(user, { name: `${canary} project`, description: canary })
  const params = { project_id: project.id }
  const prompt = await user.client.call(contract.prompts.create, { params, body: { content: `${canary} prompt` } })
  app.upstream.plays([{ text: [canary, ' answer'] }])
  const turn = await user.client.call(contract.chat.send, {
    headers: { 'idempotency-key': 'resources' },
    body: { project_id: project.id, message: `${canary} question` },
  })
  const answer = { message_id: turn.assistant_message.id }
  await user.client.call(contract.feedback.set, { params: answer, body: { rating: 'up', reason: canary } })
  await untilIndexed(app)
  return {
    project_id: project.id,
    prompt_id: prompt.id,
    session_id: turn.session_id,
    message_id: turn.assistant_message.id,
    question_id: turn.message.id,
  }
}

/** A valid body for each endpoint that wants one; the battery fails for an endpoint that is missing here. */
export const bodies: Record<string, (ids: Resources) => Record<string, unknown>> = {
  'auth.password': () => ({ current_password: testPassword, new_password: 'a new password' }),
  'users.update': () => ({ email: `moved-${Date.now()}@example.com`, current_password: testPassword }),
  'projects.create': () => ({ name: 'Another' }),
  'projects.update': () => ({ name: 'Renamed' }),
  'prompts.create': () => ({ content: 'Be kind.' }),
  'chat.send': ({ project_id, session_id, prompt_id }) => ({ project_id, session_id, prompt_id, message: 'Hello' }),
  'chat.regenerate': () => ({}),
  'chat.edit': () => ({ message: 'Hello again' }),
  'chat.continue': () => ({}),
  'feedback.set': () => ({ rating: 'down', reason: 'No' }),
  'sessions.update': () => ({ title: 'Renamed', pinned: true }),
}

/** Path parameters that are not simply the resource of their name. */
export const params: Record<string, (ids: Resources) => Partial<Resources>> = {
  'chat.edit': ({ question_id }) => ({ message_id: question_id }),
}

/** A query for each endpoint that does not answer without one. */
export const queries: Record<string, (ids: Resources) => Record<string, string>> = {
  'search.messages': ({ project_id }) => ({ q: canary, project_id }),
}
