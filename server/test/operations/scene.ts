import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient } from '@chatbot-platform/client'
import { contract, type Project } from '@chatbot-platform/contract'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { freshFetch, type ServiceProcess, startService } from './service-process.ts'

/** The product in processes of its own, on a database of its own, with a user who has a project. */
export interface Scene {
  service: ServiceProcess
  upstream: Upstream
  database: TestDatabase
  project: Project
  /** Its data folder and working directory. */
  dataDir: string
  /** Keeps its connections, as a browser does. */
  client: Client
  /** Reaches the next worker with every request. */
  anyWorker: Client
  close(): Promise<void>
}

export async function openScene(settings: Record<string, string>): Promise<Scene> {
  const [database, upstream] = [await createTestDatabase(), await startUpstream()]
  const dataDir = await mkdtemp(join(tmpdir(), 'chatbot-operations-'))
  const service = await startService({
    DATABASE_URL: database.runtimeUrl,
    DATABASE_OWNER_URL: database.ownerUrl,
    DATA_DIR: dataDir,
    ...modelSettings(upstream),
    ...settings,
  })
  return {
    service,
    upstream,
    database,
    dataDir,
    ...(await openAccount(service.url)),
    close: async () => {
      await service.kill()
      await upstream.close()
      await database.drop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export function modelSettings(upstream: Upstream): Record<string, string> {
  return { OPENAI_COMPATIBLE_BASE_URL: `${upstream.url}/v1`, LLM_MODEL: 'test-model' }
}

/** A new user with a project. */
export async function openAccount(baseUrl: string) {
  const account = { email: 'user@example.com', password: 'correct horse battery' }
  const anonymous = createClient({ baseUrl })
  await anonymous.call(contract.auth.register, { body: account })
  const { token, client, anyWorker } = await signIn(baseUrl)
  const project = await client.call(contract.projects.create, { body: { name: 'Support' } })
  return { project, token, client, anyWorker }
}

/** Signs that user in. */
export async function signIn(baseUrl: string) {
  const form = { username: 'user@example.com', password: 'correct horse battery' }
  const { access_token: token } = await createClient({ baseUrl }).call(contract.auth.login, { body: form })
  return {
    token,
    client: createClient({ baseUrl, token }),
    anyWorker: createClient({ baseUrl, token, fetch: freshFetch }),
  }
}
