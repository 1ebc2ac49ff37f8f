import { type ReactNode, useEffect, useEffectEvent, useRef } from 'react'

/** How far below the visible part counts as near, in pixels. */
const nearPx = 600

/** Stands at the end of a list, directly in its scrolling parent: calls `onNear` once it is almost in view. */
export function NearEnd({ onNear, children }: { onNear: () => void; children: ReactNode }) {
  const ref = useRef<HTMLDivElement>(null)
  const near = useEffectEvent(onNear)
  useEffect(() => {
    const element = ref.current
    if (!element) return
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) near()
      },
      { root: element.parentElement, rootMargin: `${nearPx}px 0px` },
    )
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return <div ref={ref}>{children}</div>
}
