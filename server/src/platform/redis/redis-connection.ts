import type { Cluster, ClusterOptions, Redis, RedisOptions } from 'ioredis'
import type { RedisAddress } from './redis-address.ts'
import { RedisAway, redisAway } from './redis-away.ts'
import { redisConnector } from './redis-connector.ts'

/** One server or a cluster. */
export type RedisClient = Redis | Cluster

/** Two connections: one for commands, one that only listens. */
export interface RedisConnection {
  client: RedisClient
  /** Hears these channels. */
  subscribe(channels: string[], heard: (channel: string, payload: string) => void): Promise<void>
  /** Calls once when either of the two is gone. */
  onEnd(ended: () => void): void
  /** Cuts both at once; what is under way fails. */
  cut(): void
}

const connectTimeoutMs = 1000

/**
 * Connects, and never again: a connection that has failed once is thrown away as a whole, so that nothing waits in a
 * queue of it. The package is loaded with the first call. Rejects with `RedisAway` within two seconds, at once when
 * `signal` aborts.
 */
export async function connectRedis(address: RedisAddress, signal: AbortSignal): Promise<RedisConnection> {
  const ioredis = await import('ioredis')
  const options = serverOptions(address, redisConnector(ioredis.AbstractConnector))
  const ended = Promise.withResolvers<void>()
  const clients: RedisClient[] = []
  let reason: unknown
  const cut = () => {
    for (const client of clients) client.disconnect()
  }
  signal.addEventListener('abort', cut)
  const connect = async <C extends RedisClient>(client: C): Promise<C> => {
    clients.push(client)
    signal.throwIfAborted()
    for (const event of ['error', 'node error'])
      client.on(event, (error: unknown) => {
        reason ??= error
      })
    client.on('end', () => ended.resolve())
    await within(client.connect(), connectTimeoutMs)
    return client
  }
  const single = (node: RedisAddress['nodes'][number]) => connect(new ioredis.Redis({ ...node, ...options, ...once }))
  try {
    const client = address.isCluster
      ? await connect(new ioredis.Cluster(address.nodes, clusterOptions(address, options)))
      : await single(nodeOf(address))
    // What one node of a cluster is told all of them pass on.
    const listener = await single(nodeOf(address, client))
    return {
      client,
      subscribe: async (channels, heard) => {
        if (channels.length === 0) return
        listener.on('message', heard)
        await within(listener.subscribe(...channels), connectTimeoutMs)
      },
      onEnd: (call) => void ended.promise.then(call),
      cut,
    }
  } catch (error) {
    cut()
    // That the connection is closed is the consequence.
    throw redisAway(reason ?? error)
  } finally {
    signal.removeEventListener('abort', cut)
  }
}

function nodeOf({ nodes: [first] }: RedisAddress, client?: RedisClient): RedisAddress['nodes'][number] {
  const { host, port } = client && 'nodes' in client ? (client.nodes('master')[0]?.options ?? {}) : (first ?? {})
  if (host === undefined || port === undefined) throw new RedisAway('CLUSTERDOWN')
  return { host, port }
}

/**
 * What `work` comes to. Rejects with {@link RedisAway} `timeout` when that takes longer, but not because this process was
 * busy meanwhile: an answer that lies in the socket still counts.
 */
export function within<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => setImmediate(() => reject(new RedisAway('timeout'))), timeoutMs)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

const never = () => null
const once = { lazyConnect: true, retryStrategy: never, enableOfflineQueue: false }

type Connector = NonNullable<RedisOptions['Connector']>

function serverOptions({ username, password, database, isEncrypted }: RedisAddress, Connector: Connector) {
  return {
    Connector,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(isEncrypted ? { tls: {} } : {}),
    db: database,
    // What servers that speak the protocol of Redis have in common.
    protocol: 2 as const,
    connectTimeout: connectTimeoutMs,
    maxRetriesPerRequest: 1,
    // A write is tried at once, which says more.
    enableReadyCheck: false,
    autoResendUnfulfilledCommands: false,
    connectionName: 'chatbot-platform',
    disableClientInfo: true,
  }
}

function clusterOptions(address: RedisAddress, redisOptions: RedisOptions): ClusterOptions {
  return {
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: never,
    slotsRefreshTimeout: connectTimeoutMs,
    maxRedirections: 4,
    // Certificates speak of names, which have to stay.
    ...(address.isEncrypted ? { dnsLookup: (name, done) => done(null, name) } : {}),
    redisOptions,
  }
}
