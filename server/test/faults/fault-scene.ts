import { ApiError, readEvents } from '@chatbot-platform/client'
import { ChatTurn, contract, type ErrorCode, type Message, type Project } from '@chatbot-platform/contract'
import { createModelRegistry } from '../../src/llm/registry.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { recordingLogger } from '../support/upstream-calls.ts'
import type { Fault } from './fault.ts'

/** What the platform gives a provider in these tests; it is a good deal more patient in life. */
export const limits = { connectMs: 1000, firstByteMs: 2000, idleMs: 2000, totalMs: 5000 }
const gatewayLimits = { maxWaitMs: 2500 }

/** How one turn ended, as its caller was told. */
export interface Outcome {
  /** `null` where the answer is complete. */
  code: ErrorCode | null
  retryAfter: string | null
  turn: ChatTurn
  /** The deltas joined; `null` for a JSON turn. */
  streamed: string | null
  /** Terminal events among the events; 1 for a JSON turn. */
  endings: number
  tookMs: number
}

/** A server before an upstream that plays one fault at every turn. */
export interface FaultScene {
  app: TestApp
  upstream: Upstream
  /** Sends a message; the answer comes as JSON or as events. */
  turn(kind: 'json' | 'events'): Promise<Outcome>
  stored(sessionId: string): Promise<Message[]>
  close(): Promise<void>
}

/** The user and project of a whole file; each fault gets a server of its own, so that none colours the next. */
export interface FaultStage {
  open(fault: Fault): Promise<FaultScene>
  close(): Promise<void>
}

export async function openStage(): Promise<FaultStage> {
  const database = await createTestDatabase()
  const app = await startTestApp({ database })
  const user = await app.user()
  const project = await createProject(user)
  return {
    open: (fault) => openScene(fault, database, user, project),
    close: async () => {
      await app.close()
      await database.drop()
    },
  }
}

async function openScene(fault: Fault, database: TestDatabase, user: TestUser, project: Project): Promise<FaultScene> {
  const upstream = await startUpstream()
  play(upstream, fault)
  const models = createModelRegistry({
    settings: {
      defaultProvider: 'openai-compatible',
      defaultModel: 'test-model',
      providers: { openaiCompatible: { apiKey: 'test-key', baseUrl: `${upstream.url}/v1` } },
      timeouts: limits,
      retry: { baseMs: 5 },
    },
    logger: recordingLogger(),
  })
  const app = await startTestApp({ database, given: { models, gatewayLimits } })
  const client = app.as(user.token)
  return {
    app,
    upstream,
    turn: async (kind) => {
      const startedAt = performance.now()
      const body = { project_id: project.id, message: kind, stream: kind === 'events' }
      const outcome = await (kind === 'json' ? jsonTurn(client, body) : eventsTurn(client, body))
      return { ...outcome, tookMs: performance.now() - startedAt }
    },
    stored: (sessionId) =>
      client.call(contract.sessions.messages, { params: { session_id: sessionId }, query: { limit: 10 } }),
    close: async () => {
      await app.close()
      await upstream.close()
    },
  }
}

/** Each turn sees the rounds from the first one on, whatever the others do meanwhile. */
function play(upstream: Upstream, { rounds }: Fault): void {
  const attempts = new Map<string, number>()
  upstream.answers(({ body }) => {
    const question = body.messages?.at(-1)?.content ?? ''
    const attempt = attempts.get(question) ?? 0
    attempts.set(question, attempt + 1)
    return rounds[attempt] ?? rounds.at(-1)
  })
}

interface ChatBody {
  project_id: string
  message: string
  stream: boolean
}

type Told = Omit<Outcome, 'tookMs'>

async function jsonTurn(client: TestUser['client'], body: ChatBody): Promise<Told> {
  try {
    const turn = await client.call(contract.chat.send, { body })
    return { code: null, retryAfter: null, turn, streamed: null, endings: 1 }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const { problem, headers } = error
    const turn = ChatTurn.parse(problem)
    return { code: problem.code, retryAfter: headers.get('retry-after'), turn, streamed: null, endings: 1 }
  }
}

async function eventsTurn(client: TestUser['client'], body: ChatBody): Promise<Told> {
  const response = await client.send(contract.chat.send, { body })
  const told: { turn: ChatTurn | null } & Omit<Told, 'turn'> = {
    code: null,
    retryAfter: null,
    turn: null,
    streamed: '',
    endings: 0,
  }
  for await (const event of readEvents(response.body ?? new ReadableStream())) {
    if (told.endings > 0) throw new Error(`${event.event} came after the end`)
    if (event.event === 'accepted') told.turn = event.data
    if (event.event === 'delta') told.streamed += event.data.text
    if (event.event === 'delta' && event.id !== told.streamed?.length) throw new Error(`wrong offset ${event.id}`)
    if (event.event !== 'done' && event.event !== 'error' && event.event !== 'cancelled') continue
    told.endings += 1
    if (event.event === 'error') told.code = event.data.code
    if (told.turn) told.turn = { ...told.turn, assistant_message: event.data.assistant_message }
  }
  if (told.turn === null) throw new Error('the turn was not accepted')
  return { ...told, turn: told.turn }
}
