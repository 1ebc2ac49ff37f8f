import { Agent, createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createRestartPauses } from '../../src/platform/process/back-off.ts'
import { followRequests, type OpenRequests } from '../../src/platform/process/open-requests.ts'

let server: Server
let requests: OpenRequests
let agent: Agent
let held: ServerResponse[]
let port: number

beforeEach(async () => {
  held = []
  server = createServer((request, response) => {
    if (request.url !== '/held') return void response.end('answered')
    held.push(response)
    response.write('begun, ')
  })
  requests = followRequests(server)
  agent = new Agent({ keepAlive: true, maxSockets: 1 })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterEach(() => {
  agent.destroy()
  server.closeAllConnections()
})

test('a connection that a client kept is good for one more request, which ends it', async () => {
  await text(await ask('/'))
  const drained = requests.drain(5000)
  await expect(ask('/', new Agent())).rejects.toThrow('ECONNREFUSED')
  const last = await ask('/')
  expect([last.headers.connection, await text(last)]).toEqual(['close', 'answered'])
  const startedAt = performance.now()
  await drained
  expect(performance.now() - startedAt).toBeLessThan(1000)
})

test('an idle connection is closed when its time is over', async () => {
  await text(await ask('/'))
  const startedAt = performance.now()
  await requests.drain(200)
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(200)
  await expect.poll(() => Object.keys(agent.freeSockets)).toEqual([])
})

test('a stream under way goes on, and ends its connection although its headers promised otherwise', async () => {
  const stream = await ask('/held')
  expect(stream.headers.connection).toBe('keep-alive')
  await requests.drain(100)
  const closed = new Promise((resolve) => stream.socket.once('close', resolve))
  let isAnswered = false
  const answered = requests.answered(5000).then(() => {
    isAnswered = true
  })
  await sleep(100)
  expect(isAnswered).toBe(false)
  held[0]?.end('ended')
  expect(await text(stream)).toBe('begun, ended')
  await Promise.all([closed, answered])
})

test('nobody waits for an answer that does not end', async () => {
  const stream = await ask('/held')
  const startedAt = performance.now()
  await requests.drain(0)
  await requests.answered(150)
  expect(performance.now() - startedAt).toBeLessThan(2000)
  stream.destroy()
})

test('a process that keeps dying is started ever later, one that has lived for a minute at once', () => {
  const pauses = createRestartPauses()
  const young = Array.from({ length: 11 }, () => pauses.after(1000))
  expect(young).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000])
  expect([pauses.after(60_000), pauses.after(1000)]).toEqual([100, 200])
})

function ask(path: string, by: Agent = agent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent: by }, resolve).on('error', reject)
  })
}
