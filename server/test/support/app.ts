import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Client, createClient } from '@chatbot-platform/client'
import { contract, type Project } from '@chatbot-platform/contract'
import { pino } from 'pino'
import { loadConfig } from '../../src/config.ts'
import { createDeps, type Given } from '../../src/deps.ts'
import { newId } from '../../src/platform/ids.ts'
import { type RunningServer, startServer } from '../../src/server.ts'
import { createTestDatabase, type TestDatabase } from './databases.ts'
import { type ReplicaGiven, startReplicas, throughReplicas } from './replicas.ts'
import type { TestClock } from './test-clock.ts'
import { unlimited } from './unlimited.ts'
import { startUpstream, type Upstream } from './upstream.ts'

/** A signed-in user with a client of its own. */
export interface TestUser {
  email: string
  password: string
  token: string
  client: Client
}

export interface TestApp {
  url: string
  database: TestDatabase
  /** Where documents are stored, unless `FILES_URL` says otherwise. */
  filesFolder: string
  upstream: Upstream
  /**
   * The server in the test's process. Through replicas it only has what the operator's commands have: services on the same
   * database and files, which serve nobody.
   */
  server: RunningServer
  /** Without credentials. */
  anonymous: Client
  /** Registers a new user and signs in. */
  user(email?: string): Promise<TestUser>
  /** A client that sends this access token. */
  as(token: string): Client
  close(): Promise<void>
}

export interface TestAppOptions {
  /** Environment variables over the test defaults; a function is told the upstream's address. */
  env?: Record<string, string> | ((upstreamUrl: string) => Record<string, string>)
  given?: Omit<Partial<Given>, 'databaseUrl'>
  /** What the servers go by instead of the machine's clock. */
  clock?: TestClock
  /** Serve on this database in place of a fresh one; it outlives the app. */
  database?: TestDatabase
}

export const testPassword = 'correct horse battery'

/**
 * The whole server on a database of its own, with a scripted upstream as its OpenAI-compatible provider; with
 * `TEST_REPLICAS` several servers behind nginx.
 */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const database = options.database ?? (await createTestDatabase())
  const upstream = await startUpstream()
  const filesFolder = join(tmpdir(), 'chatbot-test-files', database.name)
  const env = {
    ...testEnv,
    OPENAI_COMPATIBLE_BASE_URL: `${upstream.url}/v1`,
    LLM_MODEL: 'test-model',
    FILES_URL: pathToFileURL(filesFolder).href,
    ...(typeof options.env === 'function' ? options.env(upstream.url) : options.env),
  }
  const given = {
    databaseUrl: database.runtimeUrl,
    secretKey: 'a key for tests that has forty-two characters',
    passwordCost: 4,
    ...options.given,
  }
  const server = await (throughReplicas ? serveByReplicas(env, given, options) : serveAlone(env, given, options.clock))
  const as = (token: string) => createClient({ baseUrl: server.url, token })
  const anonymous = createClient({ baseUrl: server.url })
  return {
    url: server.url,
    database,
    filesFolder,
    upstream,
    server,
    anonymous,
    as,
    user: async (email = `${newId()}@example.com`) => {
      await anonymous.call(contract.auth.register, { body: { email, password: testPassword } })
      const form = { username: email, password: testPassword }
      const { access_token: token } = await anonymous.call(contract.auth.login, { body: form })
      return { email, password: testPassword, token, client: as(token) }
    },
    close: async () => {
      await server.stop(0)
      await upstream.close()
      if (options.database !== undefined) return
      await database.drop()
      await rm(filesFolder, { recursive: true, force: true })
    },
  }
}

/** The settings of a test server: any free port, limits out of the way. */
const testEnv = { NODE_ENV: 'test', PORT: '0', ...unlimited, LOG_LEVEL: 'silent' }

type Env = Record<string, string>

function serveAlone(env: Env, given: Given, clock?: TestClock): Promise<RunningServer> {
  return startServer(loadConfig(env, null), pino({ level: 'silent' }), { ...given, ...timeOf(clock) })
}

async function serveByReplicas(env: Env, given: Given, { clock, database }: TestAppOptions): Promise<RunningServer> {
  const { models, monitoring, now, ownerId, ...sendable } = given
  if (models ?? monitoring ?? now ?? ownerId) throw new Error('only one server, in this process, can be given this')
  const briefing = { env, given: sendable satisfies ReplicaGiven, clockFile: clock?.file ?? null }
  // Where others serve the database already, one more is enough to be another one.
  const replicas = await startReplicas(briefing, database ? 1 : undefined)
  const deps = createDeps(loadConfig(env, null), pino({ level: 'silent' }), { ...given, ...timeOf(clock) })
  return {
    url: replicas.url,
    metricsPort: null,
    deps,
    stop: async () => {
      await replicas.stop()
      await deps.close()
    },
  }
}

const timeOf = (clock?: TestClock) => (clock ? { now: () => clock.nowMs } : {})

/** A project of this user. */
export function createProject(user: TestUser, fields: Partial<Project> = {}): Promise<Project> {
  return user.client.call(contract.projects.create, { body: { name: 'Support', ...fields } })
}
