import type { Logger } from '../logger.ts'
import type { LimitStore, Place } from './limit-store.ts'
import { type StreamCap, type StreamCapOptions, StreamCounts } from './stream-counts.ts'
import { WindowCounts, type WindowLimit, type WindowLimitOptions } from './window-counts.ts'

/** Counts of this process, brought together with those of the others through the store. */
export interface Limits {
  window(options: WindowLimitOptions): WindowLimit
  streams(options: StreamCapOptions): StreamCap
  /** Tells the store what is due and hears what the others have counted. Never throws; without a store it does nothing. */
  exchange(): Promise<void>
  /** Begins exchanging by itself. */
  open(): void
  close(): void
}

export interface LimitsOptions {
  /** `null`: this process is alone. */
  store: LimitStore | null
  logger?: Pick<Logger, 'warn'>
  /** Milliseconds since 1970. */
  now?: () => number
}

const tickMs = 500
const forgetIntervalMs = 60_000
const pauseAfterFailureMs = 1000
const maxKeysPerExchange = 1000

/**
 * Limits that all processes share. No request waits for them: it is counted in memory at once, and counts are exchanged
 * in the background, every half second and sooner where a key has taken a hundredth of its limit since. So a key can
 * overshoot by what other processes have admitted while an exchange is on its way, and by a hundredth for each of them.
 */
export function createLimits({ store, logger, now = Date.now }: LimitsOptions): Limits {
  const timers: NodeJS.Timeout[] = []
  let exchanging = false
  let isWoken = false
  let notBeforeMs = 0
  let lastPlace: Place | undefined
  const counts = new WindowCounts({ now, isShared: store !== null, wake })
  const streams = new StreamCounts({ now, isShared: store !== null, wake })

  return {
    window: (options) => counts.window(options),
    streams: (options) => streams.streams(options),
    exchange,
    open() {
      if (!store || timers.length > 0) return
      timers.push(setInterval(exchange, tickMs), setInterval(forget, forgetIntervalMs))
    },
    close() {
      for (const timer of timers.splice(0)) clearInterval(timer)
    },
  }

  /** At the end of this turn of the event loop, so that requests that came together are told together. */
  function wake(): void {
    if (isWoken || exchanging || timers.length === 0) return
    isWoken = true
    setImmediate(() => {
      isWoken = false
      void exchange()
    })
  }

  async function exchange(): Promise<void> {
    if (!store || exchanging || now() < notBeforeMs) return
    follow(store.place?.())
    const telling = { counts: counts.takeDue(maxKeysPerExchange), streams: streams.takeDue(maxKeysPerExchange) }
    if (telling.counts.length === 0 && telling.streams.length === 0) return
    exchanging = true
    const askedAtMs = now()
    try {
      const learned = await store.exchange({
        counts: telling.counts.map(({ entry: _, ...count }) => count),
        streams: telling.streams.map(({ key, open }) => ({ key, open })),
      })
      follow(learned.place)
      counts.learn(telling.counts, learned.counts, askedAtMs)
      streams.learn(telling.streams, learned.streams)
    } catch (error) {
      counts.putBack(telling.counts)
      notBeforeMs = now() + pauseAfterFailureMs
      logger?.warn({ err: error }, 'the counts of limits could not be shared; each process counts alone meanwhile')
    }
    exchanging = false
    if (counts.isUrgent) wake()
  }

  function follow(place: Place | undefined): void {
    if (lastPlace !== undefined && place !== lastPlace) {
      counts.retell()
      streams.retell()
    }
    lastPlace = place
  }

  async function forget(): Promise<void> {
    await store?.forget().catch((error: unknown) => logger?.warn({ err: error }, 'forgetting old limits failed'))
  }
}
