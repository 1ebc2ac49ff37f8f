import { useSyncExternalStore } from 'react'

/** Whether a media query matches, as it changes: `useMedia('(min-width: 900px)')`. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const list = matchMedia(query)
      list.addEventListener('change', listener)
      return () => list.removeEventListener('change', listener)
    },
    () => matchMedia(query).matches,
  )
}

/** Below this the sidebar and the inspector are drawers. */
export const wideScreen = '(min-width: 900px)'
