import cluster from 'node:cluster'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import type { App } from './app.ts'

/** Connections that may wait to be accepted; beyond Node's 511 when thousands of readers come back at once. */
const backlog = 4096

/**
 * Node accepts one connection of a listening socket in each round of its event loop
 * (https://github.com/libuv/libuv, `uv__server_io`). Under load a round takes several milliseconds, so that a crowd would wait
 * for seconds although there is time for it; of so many sockets a round accepts as many.
 */
const sockets = 16

export interface ListenAddress {
  host: string
  /** 0: any free one. */
  port: number
}

/**
 * Listens at an address, on Linux by several sockets of one port (`SO_REUSEPORT`), between which the system divides the
 * connections. A worker of a cluster uses the socket that all workers share. Returns the servers whose `close` ends
 * it, the app's own first. Throws when the port is taken, also by another server of ours.
 */
export async function listen(app: App, { host, port }: ListenAddress): Promise<Server[]> {
  if (cluster.isWorker || process.platform !== 'linux') {
    await app.listen({ host, port, backlog })
    return [app.server]
  }
  if (port !== 0) await requireFree(host, port)
  const shared = { host, port, backlog, reusePort: true }
  await app.listen(shared)
  return [app.server, ...(await listenMore(app.server, host))]
}

/** Further sockets for a server that listens by one which shares its port. */
export async function listenMore(server: Server, host: string): Promise<Server[]> {
  const { port } = server.address() as AddressInfo
  const others: Server[] = []
  try {
    while (others.length < sockets - 1) {
      // As Node's HTTP server makes its own.
      const other = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit('connection', socket))
      other.listen({ host, port, backlog, reusePort: true })
      await once(other, 'listening')
      others.push(other)
    }
  } catch (error) {
    for (const other of others) other.close()
    throw error
  }
  return others
}

/** A socket that shares its port would be let in beside another one that does. */
async function requireFree(host: string, port: number): Promise<void> {
  const probe = createServer()
  probe.listen({ host, port })
  await once(probe, 'listening')
  probe.close()
  await once(probe, 'close')
}
