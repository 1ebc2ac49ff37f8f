import { useEffect, useRef, useState } from 'react'
import { useLocation } from '../lib/router/use-router.tsx'

/** Titles are set by pages as they appear, some only when their data is there. */
const titleDelayMs = 300

/**
 * What a browser does on a new page, for one that is only drawn anew: the focus goes to the content, unless the page put
 * it somewhere in there itself, and the returned text, the page's title, is to be said aloud.
 */
export function useArrival(): string {
  const { pathname, by } = useLocation()
  const isReplaced = by === 'replace'
  const lastPath = useRef(pathname)
  const [title, setTitle] = useState('')
  useEffect(() => {
    // A page that only changes its own address, as a conversation that has just begun, is no arrival.
    const isArrival = lastPath.current !== pathname && !isReplaced
    lastPath.current = pathname
    if (!isArrival) return
    const content = document.getElementById('content')
    if (!content?.contains(document.activeElement)) content?.focus({ preventScroll: true })
    const timer = setTimeout(() => setTitle(document.title), titleDelayMs)
    return () => clearTimeout(timer)
  }, [pathname, isReplaced])
  return title
}
