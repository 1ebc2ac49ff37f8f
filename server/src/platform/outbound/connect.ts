import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import type { AddressPolicy } from './address-policy.ts'
import { OutboundError } from './outbound-error.ts'
import type { Resolve } from './resolve.ts'

interface ConnectGuard {
  policy: AddressPolicy
  resolve: Resolve
  signal: AbortSignal
}

// Less than a request may take, so that a host whose packets vanish is told apart from a slow one.
const connectTimeoutMs = 5000

/**
 * Connects to addresses that have been checked, and to no others: the name is resolved once, every address it has must be
 * allowed, and the socket chooses among exactly these. So a name that changes its address between check and connection
 * gains nothing.
 */
export function createGuardedConnector({ policy, resolve, signal }: ConnectGuard): buildConnector.connector {
  async function connect(options: buildConnector.Options, callback: buildConnector.Callback): Promise<void> {
    const { hostname } = options
    const addresses = isIP(hostname) === 0 ? await resolvedBy(resolve, hostname) : [hostname]
    if (!addresses.every((address) => policy.mayReach(address, hostname))) throw blocked()
    signal.throwIfAborted()
    // No session of TLS is kept, and nothing but HTTP/1.1 is spoken to strangers.
    const connectTo = buildConnector({
      allowH2: false,
      maxCachedSessions: 0,
      timeout: connectTimeoutMs,
      keepAlive: false,
      lookup: answering(addresses),
    })
    connectTo(options, (...[error, socket]) => {
      if (error) return callback(error, null)
      if (policy.mayReach(socket.remoteAddress ?? '', hostname)) return callback(null, socket)
      socket.destroy()
      callback(blocked(), null)
    })
  }

  // undici heeds the signal of a request only once it has a connection; until then it is heeded here.
  return (options, callback) => {
    let isOpen = true
    const answer: buildConnector.Callback = (...result) => {
      if (isOpen) callback(...result)
      else result[1]?.destroy()
      isOpen = false
    }
    signal.addEventListener('abort', () => answer(signal.reason, null), { once: true })
    connect(options, answer).catch((error: Error) => answer(error, null))
  }
}

async function resolvedBy(resolve: Resolve, hostname: string): Promise<string[]> {
  const addresses = await resolve(hostname).catch((cause: unknown) => {
    throw new OutboundError('unreachable', 'The host name could not be found.', { cause })
  })
  if (addresses.length === 0) throw new OutboundError('unreachable', 'The host name could not be found.')
  return addresses
}

function answering(addresses: string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_hostname, options, callback) => {
    const [first] = found
    if (options.all || !first) callback(null, found)
    else callback(null, first.address, first.family)
  }
}

/** For an address that may not be reached. */
export function blocked(): OutboundError {
  return new OutboundError(
    'blocked_address',
    'The address belongs to a private network, which this server does not read from.',
  )
}
