import { contract } from '@chatbot-platform/contract'
import { budgetReservations } from '../../src/modules/budgets/budgets.table.ts'
import { citations } from '../../src/modules/knowledge/citations.table.ts'
import { passageVectors } from '../../src/modules/knowledge/passage-vectors.table.ts'
import { sources } from '../../src/modules/sources/sources.table.ts'
import { newId } from '../../src/platform/ids.ts'
import { mintScope, type Scope } from '../../src/platform/scope.ts'
import { createProject, type TestApp, type TestUser, testPassword } from '../support/app.ts'
import { addDocument } from '../support/documents.ts'
import { smallImage } from '../support/images.ts'
import { untilIndexed } from '../support/search.ts'
import { scopeOf } from '../usage/usage-events.ts'

/** A word that stands in every text of an owner's resources: whoever else reads it has found a leak. */
export const canary = 'canary-7f3a'

/** One of everything that an id can name, by the name of the path parameter. */
export type Resources = Record<
  'project_id' | 'prompt_id' | 'session_id' | 'message_id' | 'question_id' | 'file_id' | 'source_id' | 'attachment_id',
  string
>

/**
 * Makes them for a user, `word` in every text: a project with an active prompt, a document and a web source, and a
 * session with one finished turn that cites the document.
 */
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
  const scope = scopeOf(user)
  const passages = [`${word} paragraph`, `${word} again`]
  const fileId = await addDocument(app, user, project, { name: `${word}.txt`, passages })
  await storeContent(app, `${scope.workspaceId}/${project.id}/${fileId}-1`, passages.join('\n\n'))
  const sourceId = await addKnowledge(app, scope, project.id, fileId, { word, messageId: answer.message_id })
  const image = await user.client.call(contract.attachments.upload, { params, body: { file: smallImage() } })
  await untilIndexed(app)
  return {
    project_id: project.id,
    prompt_id: prompt.id,
    session_id: turn.session_id,
    message_id: turn.assistant_message.id,
    question_id: turn.message.id,
    file_id: fileId,
    source_id: sourceId,
    attachment_id: image.id,
  }
}

async function storeContent(app: TestApp, key: string, text: string): Promise<void> {
  const { storage } = app.server.deps
  const staged = await storage.stage(new Blob([text]).stream(), 1000)
  if (staged !== 'too_large') await storage.keep(staged, key)
}

/** A web source, a vector of the document's first passage, and a citation of it; returns the source's id. */
async function addKnowledge(
  app: TestApp,
  { workspaceId, userId }: Scope,
  projectId: string,
  fileId: string,
  { word, messageId }: { word: string; messageId: string },
): Promise<string> {
  const id = newId()
  const url = `https://${word}.example/`
  await app.server.deps.db.tenant(mintScope({ workspaceId, userId, familyId: '' }), async (tx) => {
    await tx.insert(sources).values({ workspaceId, id, projectId, kind: 'url', url, createdBy: userId })
    const place = { workspaceId, fileId, ordinal: 0 }
    await tx
      .insert(passageVectors)
      .values({ ...place, projectId, model: 'test/test/8', signs: '10101010', vector: Buffer.alloc(8, 1) })
    await tx.insert(citations).values({ ...place, messageId, number: 1, fileVersion: 1, start: 0, end: 1 })
  })
  return id
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

/** Of things that nobody has. */
export function madeUpIds(): Resources {
  return {
    project_id: newId(),
    prompt_id: newId(),
    session_id: newId(),
    message_id: newId(),
    question_id: newId(),
    file_id: newId(),
    source_id: newId(),
    attachment_id: newId(),
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
  'budgets.setWorkspace': () => ({ tokens_per_day: 1_000_000 }),
  'budgets.setProject': () => ({ tokens_per_day: 1_000_000 }),
  'files.upload': () => ({ files: [new File(['Some text for all.'], 'note.txt')] }),
  'attachments.upload': () => ({ file: smallImage() }),
  'sources.create': () => ({ kind: 'url', url: `https://${newId()}.example/` }),
  'sources.update': () => ({ refresh_hours: 24 }),
  'knowledge.search': () => ({ query: canary }),
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
