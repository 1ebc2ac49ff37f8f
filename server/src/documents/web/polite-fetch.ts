import { setTimeout as sleep } from 'node:timers/promises'
import type { FetchGuarded, OutboundRequest, OutboundResponse } from '../../platform/outbound/fetch-guarded.ts'
import { OutboundError } from '../../platform/outbound/outbound-error.ts'
import { appVersion } from '../../version.ts'

/** How this server names itself to sites; the part before the slash is what a robots.txt calls it. */
export const userAgent = `ChatbotPlatform/${appVersion}`

interface PoliteRequest extends Omit<OutboundRequest, 'userAgent'> {
  /** What the site wants between two requests, where that is more than the usual pause. */
  pauseMs?: number
}

/** A guarded fetch that minds the host: throws what {@link FetchGuarded} throws. */
export type PoliteFetch = (url: string, request: PoliteRequest) => Promise<OutboundResponse>

const longestWaitMs = 30_000
const usualWaitMs = 5000

/**
 * One request at a time per host, with a pause between two, whoever asks; so one of these serves the whole process. A
 * host that is overloaded (429, 503) is asked once more, after the time it names if that is at most 30 seconds.
 */
export function createPoliteFetch(fetch: FetchGuarded, { pauseMs = 500 } = {}): PoliteFetch {
  const queues = new Map<string, Promise<void>>()

  return async (url, { pauseMs: askedPauseMs = 0, ...request }) => {
    const host = URL.parse(url)?.host ?? ''
    const before = queues.get(host)
    const { promise: after, resolve: release } = Promise.withResolvers<void>()
    const queue = (before ?? Promise.resolve()).then(() => after)
    queues.set(host, queue)
    try {
      await untilFree(before, request.signal)
      return await fetchPatiently(fetch, url, { ...request, userAgent })
    } finally {
      void sleep(Math.max(pauseMs, askedPauseMs), undefined, { ref: false }).then(() => {
        release()
        if (queues.get(host) === queue) queues.delete(host)
      })
    }
  }
}

async function fetchPatiently(fetch: FetchGuarded, url: string, request: OutboundRequest): Promise<OutboundResponse> {
  try {
    return await fetch(url, request)
  } catch (error) {
    const waitMs = waitBeforeRetryMs(error)
    if (waitMs === undefined) throw error
    await sleep(waitMs, undefined, request.signal ? { signal: request.signal } : {})
    return fetch(url, request)
  }
}

function waitBeforeRetryMs(error: unknown): number | undefined {
  if (!(error instanceof OutboundError) || (error.status !== 429 && error.status !== 503)) return undefined
  const waitMs = error.retryAfterMs ?? usualWaitMs
  return waitMs <= longestWaitMs ? waitMs : undefined
}

/** Resolves when `before` does; rejects with the reason of `signal` when that comes first. */
async function untilFree(before: Promise<void> | undefined, signal: AbortSignal | undefined): Promise<void> {
  if (!before) return
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal?.reason)
  signal?.throwIfAborted()
  signal?.addEventListener('abort', abort)
  await Promise.race([before, aborted]).finally(() => signal?.removeEventListener('abort', abort))
}
