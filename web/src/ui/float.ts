/** Where something that floats stands along the line: beginning or ending with its anchor, or in its middle. */
export type Alignment = 'start' | 'end' | 'center'

interface FloatOptions {
  align: Alignment
  /** Pixels between it and its anchor. */
  gap: number
}

/** Pixels kept free to each edge of the window. */
const margin = 8

/**
 * Shows a `popover` below its anchor, above it where there is more room, never beyond the window, and keeps it there while
 * things move. In the browser's top layer it is above everything, dialogs too, and cut off by nothing.
 *
 * @returns what ends the watch over its place
 */
export function float(element: HTMLElement, anchor: Element, options: FloatOptions): () => void {
  element.showPopover()
  const update = () => place(element, anchor, options)
  update()
  addEventListener('scroll', update, { capture: true, passive: true })
  addEventListener('resize', update)
  return () => {
    removeEventListener('scroll', update, { capture: true })
    removeEventListener('resize', update)
  }
}

function place(element: HTMLElement, anchor: Element, { align, gap }: FloatOptions): void {
  const { innerHeight, innerWidth } = window
  const from = anchor.getBoundingClientRect()
  element.style.maxHeight = ''
  const { offsetWidth: width, offsetHeight: height } = element
  const below = innerHeight - from.bottom - gap - margin
  const above = from.top - gap - margin
  const isBelow = height <= below || below >= above
  const room = Math.max(isBelow ? below : above, 0)
  const shownHeight = Math.min(height, room)
  element.style.maxHeight = `${room}px`
  element.style.top = `${isBelow ? from.bottom + gap : from.top - gap - shownHeight}px`
  const left = { left: from.left, right: from.right - width, middle: (from.left + from.right - width) / 2 }
  const wanted = left[edgeOf(align, getComputedStyle(anchor).direction === 'rtl')]
  element.style.left = `${Math.max(margin, Math.min(wanted, innerWidth - width - margin))}px`
}

function edgeOf(align: Alignment, isRightToLeft: boolean): 'left' | 'right' | 'middle' {
  if (align === 'center') return 'middle'
  return (align === 'start') === isRightToLeft ? 'right' : 'left'
}
