import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { parseAllowList } from '../../src/platform/outbound/allow-list.ts'
import {
  createGuardedFetch,
  type OutboundRequest,
  type OutboundSettings,
} from '../../src/platform/outbound/fetch-guarded.ts'
import { OutboundError } from '../../src/platform/outbound/outbound-error.ts'

/** A web server on loopback for the length of a test: its origin. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A server that speaks for itself, byte by byte: its origin. */
export async function serveRaw(onRequest: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => onRequest(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export const anyPort: OutboundSettings['ports'] = [
  [80, 80],
  [443, 443],
  [1024, 65_535],
]

/** As an operator has it who opened `allow`, on any port, with all limits wide unless a test narrows them. */
export function fetchAllowing(allow: string[], resolve?: OutboundSettings['resolve']) {
  const fetch = createGuardedFetch({ allow: parseAllowList(allow), ports: anyPort, ...(resolve ? { resolve } : {}) })
  return (url: string, request: Partial<OutboundRequest> = {}) =>
    fetch(url, { maxBytes: 1_000_000, timeoutMs: 5000, accept: ['*/*'], userAgent: 'Test/1', ...request })
}

/** What a request is refused with; a request that succeeds fails the test. */
export async function refusalOf(request: Promise<unknown>): Promise<OutboundError> {
  try {
    await request
  } catch (error) {
    if (error instanceof OutboundError) return error
    throw error
  }
  throw new Error('the request succeeded')
}
