import pg from 'pg'
import type { Logger } from '../logger.ts'

export interface Notifications {
  /** Hears a channel; payloads are strings of at most 8,000 bytes. */
  listen(channel: string, heard: (payload: string) => void): void
  /** Connects, and again whenever the connection is lost. Returns at once; without a connection nothing is heard. */
  open(): void
  close(): Promise<void>
}

const retryMs = 500

/**
 * LISTEN on a connection of its own. A notice may be lost while the connection is away, so whoever hears one reads the
 * row it speaks of, and whoever waits for one looks at the row now and then as well.
 */
export function createNotifications(url: string, logger: Logger): Notifications {
  const channels = new Map<string, (payload: string) => void>()
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined
  let closed = false

  return {
    listen: (channel, heard) => void channels.set(channel, heard),
    open: () => void connect(),
    close: async () => {
      closed = true
      clearTimeout(timer)
      await client?.end().catch(() => undefined)
    },
  }

  async function connect(): Promise<void> {
    const fresh = new pg.Client({
      connectionString: url,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      application_name: 'chatbot-platform notices',
    })
    client = fresh
    fresh.on('notification', ({ channel, payload = '' }) => channels.get(channel)?.(payload))
    fresh.on('error', () => undefined)
    fresh.on('end', () => {
      if (!closed) timer = setTimeout(() => void connect(), retryMs)
    })
    try {
      await fresh.connect()
      for (const channel of channels.keys()) await fresh.query(`LISTEN ${pg.escapeIdentifier(channel)}`)
    } catch (error) {
      logger.debug({ err: error }, 'listening for notices failed; trying again')
      await fresh.end().catch(() => undefined)
    }
  }
}
