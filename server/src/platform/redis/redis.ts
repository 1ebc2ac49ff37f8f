import type { Logger } from '../logger.ts'
import type { RedisAddress } from './redis-address.ts'
import { RedisAway, redisAway } from './redis-away.ts'
import { connectRedis, type RedisClient, type RedisConnection, within } from './redis-connection.ts'
import { bucketKeys, runScript } from './redis-script.ts'

/** A Redis that may be away at any time. */
export interface SharedRedis {
  /** Whether it answered when it was last asked, at most half a second ago. */
  readonly isUp: boolean
  /** Whether a script may touch keys of one bucket only. */
  readonly isCluster: boolean
  /** Before every key and channel. */
  readonly prefix: string
  /**
   * Has `work` ask it. Rejects with `RedisAway`, at once while it is away and after {@link commandTimeoutMs} when it does
   * not answer, whatever it said; then it counts as away until it has proved that it can be written to.
   */
  use<T>(work: (client: RedisClient) => Promise<T>): Promise<T>
  /** Tells the processes that listen now. Never throws; while Redis is away nobody hears it. */
  tell(channel: string, payload: string): void
  /** Hears what processes tell, this one too. To be called before `open`. */
  listen(channel: string, heard: (payload: string) => void): void
  /** Connects, and again whenever it was away. Returns at once. */
  open(): void
  close(): Promise<void>
}

export interface RedisOptions {
  address: RedisAddress
  prefix: string
  logger: Pick<Logger, 'info' | 'warn'>
}

/** Together they are the time in which a Redis that hangs is noticed. */
const heartbeatMs = 500
const commandTimeoutMs = 250
const retryMs = 500

/** One connection at a time, used until the first failure; another is tried every half second until one works. */
export function createSharedRedis({ address, prefix, logger }: RedisOptions): SharedRedis {
  const channels = new Map<string, (payload: string) => void>()
  let connection: RedisConnection | null = null
  let timer: NodeJS.Timeout | undefined
  let connecting: Promise<void> | undefined
  const closing = new AbortController()
  /** What the log says already. */
  let state: 'new' | 'up' | 'away' = 'new'

  return {
    get isUp() {
      return connection !== null
    },
    isCluster: address.isCluster,
    prefix,
    use,
    tell: (channel, payload) => {
      use((client) => client.publish(`${prefix}:${channel}`, payload)).catch(() => undefined)
    },
    listen: (channel, heard) => void channels.set(`${prefix}:${channel}`, heard),
    open: attempt,
    close: async () => {
      closing.abort()
      clearTimeout(timer)
      await connecting
      connection?.cut()
      connection = null
    },
  }

  async function use<T>(work: (client: RedisClient) => Promise<T>): Promise<T> {
    const used = connection
    if (used === null) throw new RedisAway('disconnected')
    try {
      return await within(work(used.client), commandTimeoutMs)
    } catch (error) {
      const away = redisAway(error)
      lose(used, away)
      throw away
    }
  }

  function attempt(): void {
    connecting = connect().catch((error: unknown) => {
      if (closing.signal.aborted) return
      note('away', redisAway(error))
      again(retryMs, attempt)
    })
  }

  async function connect(): Promise<void> {
    const fresh = await connectRedis(address, closing.signal)
    try {
      await fresh.subscribe([...channels.keys()], (channel, payload) => channels.get(channel)?.(payload))
      await within(Promise.all(bucketKeys(prefix, 'probe').map((key) => probe(fresh.client, key))), commandTimeoutMs)
    } catch (error) {
      fresh.cut()
      throw error
    }
    if (closing.signal.aborted) return fresh.cut()
    connection = fresh
    fresh.onEnd(() => lose(fresh, new RedisAway('disconnected')))
    note('up')
    again(heartbeatMs, () => void beat(fresh, 0))
  }

  /** The buckets take turns, so that each node of a cluster is asked now and then. */
  async function beat(of: RedisConnection, turn: number): Promise<void> {
    const keys = bucketKeys(prefix, 'probe')
    const key = keys[turn % keys.length] ?? ''
    await use((client) => probe(client, key)).catch(() => undefined)
    if (connection === of) again(heartbeatMs, () => void beat(of, turn + 1))
  }

  function lose(lost: RedisConnection, away: RedisAway): void {
    if (connection !== lost) return
    connection = null
    lost.cut()
    if (closing.signal.aborted) return
    note('away', away)
    again(retryMs, attempt)
  }

  function again(delayMs: number, work: () => void): void {
    clearTimeout(timer)
    if (!closing.signal.aborted) timer = setTimeout(work, delayMs)
  }

  function note(now: 'up' | 'away', away?: RedisAway): void {
    if (state === now) return
    state = now
    if (now === 'up') logger.info('Redis answers; limits are counted there')
    else logger.warn({ err: away, code: away?.code }, 'Redis is away; limits are counted in PostgreSQL meanwhile')
  }
}

/** A write by a script: what is full, only reads or lets us do nothing does not count as there. */
async function probe(client: RedisClient, key: string): Promise<true> {
  await runScript(client, "return redis.call('SET', KEYS[1], '', 'PX', 1000)", [key], [])
  return true
}
