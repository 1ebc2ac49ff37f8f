import { type ReceivedEvent, readEvents } from './event-stream.ts'
import { type Client, ConnectionError } from './http-client.ts'
import { onWakeUp, type Page, pause } from './page.ts'

/** How patient a chat is; milliseconds. */
export interface ChatTiming {
  /** A line on which nothing arrives for so long, not even a ping, is dead. The server pings every 15 s. */
  idleMs: number
  /** Pause before the second try; each further one doubles it. */
  firstPauseMs: number
  longestPauseMs: number
  /** A message that nobody acknowledges is sent again for so long. */
  sendPatienceMs: number
  /** A page that was hidden for longer looks whether something has happened meanwhile. */
  awayMs: number
}

export const defaultTiming: ChatTiming = {
  idleMs: 35_000,
  firstPauseMs: 500,
  longestPauseMs: 8_000,
  sendPatienceMs: 60_000,
  awayMs: 30_000,
}

/** What the lines of one run share. */
export interface LineContext {
  client: Client
  page: Page
  timing: ChatTiming
  signal: AbortSignal
}

/** A page that comes back after the server should have pinged, on a line that was silent, does not wait any longer. */
const suspiciousSilenceMs = 20_000

/**
 * Opens a stream of events and reads it. Throws {@link ConnectionError} when the line breaks, falls silent, or the
 * network has come back under it; returns when the server ended it.
 */
export async function* openLine(
  { page, timing, signal }: LineContext,
  open: (signal: AbortSignal) => Promise<Response>,
): AsyncGenerator<ReceivedEvent> {
  const line = new AbortController()
  const broken = () => line.abort(new ConnectionError('The line was silent for too long.'))
  const leave = () => line.abort(signal.reason)
  let timer = setTimeout(broken, timing.idleMs)
  let lastActivity = Date.now()
  const onActivity = () => {
    lastActivity = Date.now()
    clearTimeout(timer)
    timer = setTimeout(broken, timing.idleMs)
  }
  const unlisten = onWakeUp(page, ({ why }) => {
    if (why === 'online' || Date.now() - lastActivity > suspiciousSilenceMs) broken()
  })
  signal.addEventListener('abort', leave)
  if (signal.aborted) leave()
  try {
    const { body } = await open(line.signal)
    if (body) yield* readEvents(body, { onActivity })
  } catch (error) {
    throw line.signal.aborted ? line.signal.reason : error
  } finally {
    clearTimeout(timer)
    unlisten()
    signal.removeEventListener('abort', leave)
    line.abort()
  }
}

/** Waits before another try: longer each time, up to a limit, never in step with others, and not less than `leastMs`. */
export function backOff(attempt: number, { page, timing, signal }: LineContext, leastMs = 0): Promise<void> {
  const longest = Math.min(timing.longestPauseMs, timing.firstPauseMs * 2 ** attempt)
  return pause(Math.max(leastMs, longest * (0.5 + Math.random() / 2)), { page, signal })
}
