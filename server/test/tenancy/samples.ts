import { contract } from '@chatbot-platform/contract'
import { budgetReservations } from '../../src/modules/budgets/budgets.table.ts'
import { newId } from '../../src/platform/ids.ts'
import { createProject, type TestApp, type TestUser, testPassword } from '../support/app.ts'
import { untilIndexed } from '../support/search.ts'
import { scopeOf } from '../usage/usage-events.ts'

/** A word that stands in every text of an owner's resources: whoever else reads it has found a leak. */
export const canary = 'canary-7f3a'

/** One of everything that an id can name, by the name of the path parameter. */
export type Resources = Record<'project_id' | 'prompt_id' | 'session_id' | 'message_id' | 'question_id', string>

/** Makes them for a user, `word` in every text: a project with an active prompt and a session with one finished turn. */
export async function makeResources(app: TestApp, user: TestUser, word: string = canary): Promise<Resources> {
  const project = await createProject(user, { name: `${word} project`, description: word })
  const params = { project_id: project.id }
  const prompt = await user.client.call(contract.prompts.create, { params, body: { content: `${word} prompt` } })
  app.upstream.plays([{ text: [word, ' answer'] }])
  const turn = await user.client.call(contract.chat.send, {
    headers: { 'idempotency-key': 'resources' },
    body: { project_id: project.id, message: `${word} question` },
  })
  const answer = { message_id: turn.assistant_message.id }
  await user.client.call(contract.feedback.set, { params: answer, body: { rating: 'up', reason: word } })
  await user.client.call(contract.budgets.setProject, { params, body: { tokens_per_day: 1_000_000 } })
  await holdBudget(app, user, project.id)
  await untilIndexed(app)
  return {
    project_id: project.id,
    prompt_id: prompt.id,
    session_id: turn.session_id,
    message_id: turn.assistant_message.id,
    question_id: turn.message.id,
  }
}

/** What a run under way holds; the turns of these resources have ended. */
async function holdBudget(app: TestApp, user: TestUser, projectId: string): Promise<void> {
  const scope = scopeOf(user)
  const [messageId, day] = [newId(), new Date().toISOString().slice(0, 10)]
  const held = { tokens: 1, cost: 0, inputPrice: 0, outputPrice: 0, day }
  await app.server.deps.db.tenant(scope, (tx) =>
    tx.insert(budgetReservations).values({ workspaceId: scope.workspaceId, messageId, projectId, ...held }),
  )
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
  'budgets.setWorkspace': () => ({ tokens_per_day: 1_000_000 }),
  'budgets.setProject': () => ({ tokens_per_day: 1_000_000 }),
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
