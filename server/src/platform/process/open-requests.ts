import type { Server, ServerResponse } from 'node:http'
import { Server as NetServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** The requests that a server is answering, and how its connections are brought to an end without losing one. */
export interface OpenRequests {
  /** The servers that accept connections for it; call it when they listen. */
  acceptedBy(listeners: NetServer[]): void
  /**
   * Takes no new connection, and ends each open one with its next answer, which says so (`Connection: close`). Clients
   * that keep a connection for their next request get this long to send it; connections that stay idle are closed then.
   */
  drain(withinMs: number): Promise<void>
  /** Resolves when every request is answered, at the latest after `withinMs`. */
  answered(withinMs: number): Promise<void>
}

const pollMs = 10

/** Follows the requests of a server; call it before the server listens. */
export function followRequests(server: Server): OpenRequests {
  const open = new Set<ServerResponse>()
  let listeners: NetServer[] = [server]
  let draining = false
  server.prependListener('request', (_request, response: ServerResponse) => {
    if (draining) response.setHeader('connection', 'close')
    open.add(response)
    response.once('close', () => open.delete(response))
  })

  return {
    acceptedBy: (those) => {
      listeners = those
    },

    drain: async (withinMs) => {
      draining = true
      for (const response of open) closeAfter(response)
      // An HTTP server's own close() ends idle connections at once, also one on which a request is on its way.
      for (const listener of listeners) NetServer.prototype.close.call(listener)
      const deadline = performance.now() + withinMs
      while (performance.now() < deadline && (await countConnections(listeners)) > open.size) await sleep(pollMs)
      server.closeIdleConnections()
    },

    answered: async (withinMs) => {
      const deadline = performance.now() + withinMs
      while (open.size > 0 && performance.now() < deadline) await sleep(pollMs)
    },
  }
}

function closeAfter(response: ServerResponse): void {
  const { socket } = response
  if (response.headersSent) response.once('finish', () => socket?.end())
  else response.setHeader('connection', 'close')
}

async function countConnections(listeners: NetServer[]): Promise<number> {
  const counts = await Promise.all(
    listeners.map(
      (listener) =>
        new Promise<number>((resolve) => listener.getConnections((error, count) => resolve(error ? 0 : count))),
    ),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}
