import type { Client } from '@chatbot-platform/client'
import { contract, type Project, type ProjectInput } from '@chatbot-platform/contract'
import { createOnceKey } from './once-key.ts'

export interface NewBot {
  fields: ProjectInput
  /** Its system prompt; an empty one is left out. */
  prompt: string
}

/**
 * Returns a function that makes a bot with its prompt in two calls. Called again after a failure, it goes on where it
 * stopped, also with changed content, so that no half bot is left behind.
 */
export function botMaker(client: Client): (bot: NewBot) => Promise<Project> {
  const projectKey = createOnceKey()
  const promptKey = createOnceKey()
  let made: Project | null = null

  return async ({ fields, prompt }) => {
    made = made === null ? await create(fields) : await update(made, fields)
    if (prompt.trim() === '') return made
    const body = { content: prompt }
    const { id } = await client.call(contract.prompts.create, {
      params: { project_id: made.id },
      body,
      headers: promptKey.headers(body),
    })
    return { ...made, active_prompt_id: id }
  }

  function create(fields: ProjectInput): Promise<Project> {
    return client.call(contract.projects.create, { body: fields, headers: projectKey.headers(fields) })
  }

  function update({ id }: Project, fields: ProjectInput): Promise<Project> {
    return client.call(contract.projects.update, { params: { project_id: id }, body: fields })
  }
}

/** Makes a bot with the settings and the active prompt of `source`; all or nothing. */
export async function copyBot(client: Client, source: Project, name: string): Promise<Project> {
  const { id, active_prompt_id, created_at, updated_at, ...settings } = source
  const content = active_prompt_id === null ? '' : await readPrompt(client, id, active_prompt_id)
  const fields = { ...settings, name }
  const copy = await client.call(contract.projects.create, { body: fields, headers: createOnceKey().headers(fields) })
  if (content === '') return copy
  const params = { project_id: copy.id }
  try {
    const prompt = await client.call(contract.prompts.create, { params, body: { content } })
    return { ...copy, active_prompt_id: prompt.id }
  } catch (error) {
    await client.call(contract.projects.remove, { params }).catch(() => {})
    throw error
  }
}

async function readPrompt(client: Client, projectId: string, promptId: string): Promise<string> {
  const params = { project_id: projectId, prompt_id: promptId }
  return (await client.call(contract.prompts.get, { params })).content
}
