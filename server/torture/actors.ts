import { createClient } from '@chatbot-platform/client'
import { contract } from '@chatbot-platform/contract'
import { branchTurn, selectPath } from './branches.ts'
import { type Actor, bookFailure, breathe, type Load, post, tally } from './load.ts'
import { createRandom } from './random.ts'
import { ask, ways } from './turns.ts'

const operations = { ...ways, branchTurn, selectPath, writeProject, addPrompt, readBack }
const weights = {
  jsonTurn: 24,
  eventsTurn: 16,
  leavingTurn: 8,
  cancelledTurn: 7,
  branchTurn: 22,
  selectPath: 5,
  writeProject: 8,
  addPrompt: 5,
  readBack: 5,
}

/** Registers users and gives each client a project; `count` clients share `users` users. */
export async function createActors(url: string, count: number, users: number, seed: number): Promise<Actor[]> {
  const anonymous = createClient({ baseUrl: url })
  const tokens: string[] = []
  for (let index = 0; index < users; index++) {
    const account = { email: `user-${index}@example.com`, password: 'correct horse battery' }
    await anonymous.call(contract.auth.register, { body: account })
    const form = { username: account.email, password: account.password }
    tokens.push((await anonymous.call(contract.auth.login, { body: form })).access_token)
  }
  return Promise.all(
    Array.from({ length: count }, async (_, index): Promise<Actor> => {
      const client = createClient({ baseUrl: url, token: tokens[index % users] ?? '' })
      const project = await client.call(contract.projects.create, { body: { name: `Project ${index}` } })
      return {
        name: `client-${index}`,
        client,
        random: createRandom(seed * 1000 + index),
        projectId: project.id,
        sessionId: undefined,
        revision: 0,
        count: 0,
        remembered: [],
      }
    }),
  )
}

/** Does one thing after another until the load is stopped; never throws. */
export async function act(load: Load, actor: Actor): Promise<void> {
  while (!load.isStopped) {
    const operation = actor.random.weighted(weights)
    try {
      await operations[operation](load, actor, ask)
    } catch (error) {
      bookFailure(load, actor, operation, error)
      await breathe()
    }
    await breathe(actor.random.between(5, 35))
  }
}

async function writeProject(load: Load, actor: Actor): Promise<void> {
  actor.revision += 1
  const { projectId: id, revision } = actor
  load.sentRevisions.set(id, revision)
  const params = { project_id: id }
  await actor.client.call(contract.projects.update, { params, body: { description: `revision ${revision}` } })
  await load.ledger.record({ kind: 'project', id, revision })
  tally(load, 'projects written')
}

async function addPrompt(load: Load, actor: Actor): Promise<void> {
  actor.count += 1
  const content = `Prompt ${actor.count} of ${actor.name}`
  const params = { project_id: actor.projectId }
  const prompt = await post(load, actor, (headers) =>
    actor.client.call(contract.prompts.create, { params, body: { content }, headers }),
  )
  await load.ledger.record({ kind: 'prompt', projectId: actor.projectId, id: prompt.id, content })
  tally(load, 'prompts added')
}

/** An answer that has ended never changes. */
async function readBack(load: Load, actor: Actor): Promise<void> {
  const known = actor.random.oneOf(actor.remembered)?.answer
  if (!known) return
  const read = await actor.client.call(contract.chat.message, { params: { message_id: known.id } })
  if (read.state !== known.state || read.content !== known.content) {
    load.violations.push(`answer ${known.id} was ${known.state}, and is read as ${read.state} later`)
  }
  tally(load, 'answers read back')
}
