import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { listenMore } from '../../src/platform/http/listen.ts'
import type { ChatBody, Gate, Round } from './upstream-round.ts'
import { writeRound } from './upstream-writer.ts'

/** One chat request that reached the upstream. */
export interface UpstreamRequest {
  /** Counts from 0 in order of arrival. */
  index: number
  path: string
  headers: IncomingHttpHeaders
  body: ChatBody
  /** When its connection closed before the answer had ended, as `Date.now()` counts; else `null`. */
  closedAt: number | null
  /** Resolves then, and never for an answer that ended. */
  closed: Promise<number>
}

export interface Upstream {
  /** `http://127.0.0.1:port`; both it and `${url}/v1` or any other prefix work as a base address. */
  url: string
  /** Chat requests in order of arrival. */
  requests: UpstreamRequest[]
  /** Headers of the requests for the list of models. */
  modelRequests: IncomingHttpHeaders[]
  /** The next rounds, in order; after them `always` or the default answer. */
  plays(rounds: Round[]): void
  always(round: Round): void
  /** Chooses the round by the request, before `plays` and `always`; `undefined` leaves it to them. */
  answers(choose: (request: UpstreamRequest) => Round | undefined): void
  /** What `GET /models` lists, or the round it answers with. */
  offers(models: Record<string, unknown>[] | Round): void
  gate(): Gate
  /** Resolves with request number `index` once it is there; rejects after `timeoutMs`. */
  waitForRequest(index: number, timeoutMs?: number): Promise<UpstreamRequest>
  /** Connections that are open, in use or kept. */
  openSockets(): number
  close(): Promise<void>
}

/** Starts an OpenAI-compatible server on 127.0.0.1 whose answers are data; a benchmark does without the record, and with crowds. */
export async function startUpstream({ keepsRequests = true, takesCrowds = false } = {}): Promise<Upstream> {
  const requests: UpstreamRequest[] = []
  const modelRequests: IncomingHttpHeaders[] = []
  const sockets = new Set<Socket>()
  const arrivals = new Set<() => void>()
  const script: Script = { queue: [], always: {}, choose: () => undefined, models: [defaultModel] }

  const server = createServer((message, response) => {
    handle(message, response).catch(() => response.destroy())
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  })

  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = message.url ?? ''
    const text = await readText(message)
    if (path.endsWith('/models')) {
      modelRequests.push(message.headers)
      const { models } = script
      return writeRound(response, Array.isArray(models) ? listRound(models) : models, {})
    }
    if (!path.endsWith('/chat/completions'))
      return writeRound(response, { status: 404, body: '{"error":"no route"}' }, {})
    const request = toRequest(requests.length, path, message, response, JSON.parse(text))
    if (keepsRequests) requests.push(request)
    for (const arrival of arrivals) arrival()
    await writeRound(response, script.choose(request) ?? script.queue.shift() ?? script.always, request.body)
  }

  const host = '127.0.0.1'
  await new Promise<void>((resolve) => server.listen({ port: 0, host, backlog: 4096, reusePort: takesCrowds }, resolve))
  const others = takesCrowds ? await listenMore(server, host) : []
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    modelRequests,
    plays: (rounds) => void script.queue.push(...rounds),
    always(round) {
      script.always = round
    },
    answers(choose) {
      script.choose = choose
    },
    offers(models) {
      script.models = models
    },
    gate: openGate,
    waitForRequest: (index, timeoutMs = 5000) => waitFor(() => requests[index], arrivals, timeoutMs),
    openSockets: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy()
      for (const other of others) other.close()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Script {
  queue: Round[]
  always: Round
  choose: (request: UpstreamRequest) => Round | undefined
  models: Record<string, unknown>[] | Round
}

const defaultModel = {
  id: 'test-model',
  object: 'model',
  created: 1_700_000_000,
  owned_by: 'tests',
  context_window: 8192,
}

function listRound(models: Record<string, unknown>[]): Round {
  return { status: 200, body: JSON.stringify({ object: 'list', data: models }) }
}

function toRequest(
  index: number,
  path: string,
  message: IncomingMessage,
  response: ServerResponse,
  body: ChatBody,
): UpstreamRequest {
  const { promise, resolve } = Promise.withResolvers<number>()
  const request: UpstreamRequest = { index, path, headers: message.headers, body, closedAt: null, closed: promise }
  response.on('close', () => {
    if (response.writableFinished) return
    request.closedAt = Date.now()
    resolve(request.closedAt)
  })
  return request
}

async function readText(message: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of message) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

function openGate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}

async function waitFor<T>(find: () => T | undefined, changes: Set<() => void>, timeoutMs: number): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const timer = setTimeout(() => reject(new Error('The upstream did not get that request in time.')), timeoutMs)
  const check = () => {
    const found = find()
    if (found !== undefined) resolve(found)
  }
  changes.add(check)
  check()
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    changes.delete(check)
  }
}
