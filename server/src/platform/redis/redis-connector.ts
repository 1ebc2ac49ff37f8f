import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectEncrypted } from 'node:tls'
import type { AbstractConnector } from 'ioredis'

interface Destination {
  host?: string
  port?: number
  tls?: object
}

/**
 * Opens the sockets of a client, in place of the client's own way, which stops listening for errors after the first: a
 * TLS socket may have two, and the second would end the process. It also closes them without waiting for the server.
 */
export function redisConnector(Base: typeof AbstractConnector): new (options: unknown) => AbstractConnector {
  return class extends Base {
    private readonly destination: Destination

    constructor(options: unknown) {
      super(0)
      this.destination = options as Destination
    }

    override connect(): Promise<Socket> {
      this.connecting = true
      const socket = open(this.destination)
      socket.on('error', (error) => {
        this.firstError ??= error
      })
      this.stream = socket
      return Promise.resolve(socket)
    }

    override disconnect(): void {
      this.connecting = false
      this.stream?.destroy()
    }
  }
}

function open({ host = '', port = 0, tls }: Destination): Socket {
  if (!tls) return connectPlain({ host, port })
  return connectEncrypted({ host, port, ...(isIP(host) ? {} : { servername: host }) })
}
