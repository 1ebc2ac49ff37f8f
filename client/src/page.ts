/** What the surroundings may offer: a browser's `window`, or in Node nothing of it. */
export interface Page extends Listens {
  requestAnimationFrame?(callback: () => void): number
  document?: Listens & { visibilityState: string }
}

interface Listens {
  addEventListener?(type: string, listener: () => void): void
  removeEventListener?(type: string, listener: () => void): void
}

export const ownPage = globalThis as unknown as Page

/** Why it may be worth looking again: the network is back, or the page is seen again after so long. */
export type WakeUp = { why: 'online' } | { why: 'visible'; hiddenMs: number }

/** Calls `listener` whenever the page wakes up, until the returned function is called. */
export function onWakeUp(page: Page, listener: (wakeUp: WakeUp) => void): () => void {
  const { document } = page
  let hiddenSince = document?.visibilityState === 'hidden' ? Date.now() : null
  const online = () => listener({ why: 'online' })
  const visibility = () => {
    if (document?.visibilityState === 'hidden') {
      hiddenSince ??= Date.now()
      return
    }
    const hiddenMs = hiddenSince === null ? 0 : Date.now() - hiddenSince
    hiddenSince = null
    listener({ why: 'visible', hiddenMs })
  }
  page.addEventListener?.('online', online)
  document?.addEventListener?.('visibilitychange', visibility)
  return () => {
    page.removeEventListener?.('online', online)
    document?.removeEventListener?.('visibilitychange', visibility)
  }
}

/** Waits, but not past a wake-up of the page. Throws the signal's reason when that aborts. */
export function pause(durationMs: number, { page, signal }: { page: Page; signal: AbortSignal }): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(end, durationMs)
    const unlisten = onWakeUp(page, end)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()

    function end(): void {
      clearTimeout(timer)
      unlisten()
      signal.removeEventListener('abort', end)
      if (signal.aborted) reject(signal.reason)
      else resolve()
    }
  })
}

const frameMs = 16
/** Browsers paint no frames for a hidden page; then it is told this late. */
const hiddenFrameMs = 200

/** Calls back at the next frame that is painted, or soon after where none is. */
export function onNextFrame(page: Page, callback: () => void): void {
  let isDone = false
  const once = () => {
    if (isDone) return
    isDone = true
    clearTimeout(timer)
    callback()
  }
  const timer = setTimeout(once, page.requestAnimationFrame ? hiddenFrameMs : frameMs)
  page.requestAnimationFrame?.(once)
}
