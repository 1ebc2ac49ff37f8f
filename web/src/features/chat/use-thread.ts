import { useSyncExternalStore } from 'react'

type ThreadComponent = typeof import('./thread.tsx').Thread

let state: { Thread: ThreadComponent } | { error: unknown } | null = null
const listeners = new Set<() => void>()

// Half of this page's code is what draws messages. It comes while they are being read from the server, and a page
// without messages does not wait for it.
import('./thread.tsx').then(
  ({ Thread }) => settle({ Thread }),
  (error: unknown) => settle({ error }),
)

/** What draws the thread; null while it is being loaded. Throws where it could not be. */
export function useThread(): ThreadComponent | null {
  const now = useSyncExternalStore(subscribe, () => state)
  if (now === null) return null
  if ('error' in now) throw now.error
  return now.Thread
}

function settle(next: NonNullable<typeof state>): void {
  state = next
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
