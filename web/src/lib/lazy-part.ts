import { useEffect, useSyncExternalStore } from 'react'

type State<T> = { loaded: T } | { error: unknown } | null

/** Something that is loaded when it is first wanted. */
export interface LazyPart<T> {
  /** Null until it is known. */
  getState: () => State<T>
  /** Resolves when the state is known. */
  load: () => Promise<void>
  subscribe: (listener: () => void) => () => void
}

/** By then a page that has just been opened is shown. */
const restMs = 5000

/**
 * A part of a page that is not seen at first, as what a button opens. Its code is loaded when it is wanted, or before
 * that when the page is at rest, so that it opens at once and without a connection. It is tried once: a browser does not
 * ask again for code that it could not get.
 */
export function lazyPart<T>(load: () => Promise<T>): LazyPart<T> {
  let state: State<T> = null
  let loading: Promise<void> | undefined
  const listeners = new Set<() => void>()
  const settle = (next: State<T>) => {
    state = next
    for (const listener of listeners) listener()
  }
  const start = () => {
    loading ??= load().then(
      (loaded) => settle({ loaded }),
      (error: unknown) => settle({ error }),
    )
    return loading
  }
  setTimeout(start, restMs)
  return {
    getState: () => state,
    load: start,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/**
 * The part as soon as it is loaded, at once where it is; null before that, and while it is not wanted. Throws where it
 * is wanted and could not be loaded.
 */
export function useLazyPart<T>(part: LazyPart<T>, isWanted: boolean): T | null {
  const state = useSyncExternalStore(part.subscribe, part.getState)
  useEffect(() => {
    if (isWanted) void part.load()
  }, [part, isWanted])
  return isWanted ? loadedOf(state) : null
}

/** What has been loaded, or null. Throws where it could not be. */
export function loadedOf<T>(state: State<T>): T | null {
  if (state === null) return null
  if ('error' in state) throw state.error
  return state.loaded
}
