import { type Client, createClient } from '@chatbot-platform/client'
import { contract } from '@chatbot-platform/contract'

export interface BenchAccount {
  client: Client
  token: string
  projectId: string
  workspaceId: string
  /** Projects whose model has this name, for an upstream that answers by model. */
  projects: Record<string, string>
}

/** The password of all accounts. */
export const password = 'a password for the bench'

/** Registers a user with one project that has a system prompt. */
export async function makeAccount(server: string, email = 'bench@example.com'): Promise<BenchAccount> {
  const anonymous = createClient({ baseUrl: server })
  await anonymous.call(contract.auth.register, { body: { email, password } })
  const { access_token: token } = await anonymous.call(contract.auth.login, { body: { username: email, password } })
  const client = createClient({ baseUrl: server, token })
  const project = await client.call(contract.projects.create, { body: { name: 'Bench' } })
  const params = { project_id: project.id }
  await client.call(contract.prompts.create, { params, body: { content: 'You are a helpful support agent.' } })
  const projects: Record<string, string> = {}
  for (const model of ['short', 'burst', 'slow']) {
    projects[model] = (await client.call(contract.projects.create, { body: { name: model, model } })).id
  }
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  return { client, token, projectId: project.id, workspaceId: claims.wid, projects }
}
