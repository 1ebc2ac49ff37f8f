import type { ChatSession } from '@chatbot-platform/client'
import {
  type HTMLAttributes,
  type PointerEvent,
  type RefObject,
  useEffectEvent,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import type { VirtualizerHandle } from 'virtua'

/** Messages beyond either end are loaded when less than this is left to scroll, in px. */
const loadAheadPx = 1200
/** Who scrolls down to within this of the end wants to follow it, in px. */
const endPx = 24
/** From here on a way back to the end is offered, in px. */
const awayPx = 160
/** Of what comes before a marked message, so much stays in view, in px. */
const beforeMarkPx = 72

/** A change of position so soon after a touch or a key is the reader's, so soon after a change of the list it is not; ms. */
const momentMs = 200

interface ThreadScroll {
  scroller: RefObject<HTMLDivElement | null>
  list: RefObject<VirtualizerHandle | null>
  /** The reader is far enough from the newest message to want a way back. */
  isAway: boolean
  /** For the element that scrolls, which the keyboard must reach too. */
  scrolls: HTMLAttributes<HTMLDivElement>
  onResize: () => void
  /** Goes to the end and follows it. */
  toEnd: () => void
}

/**
 * Follows the end of a growing thread while the reader is there. The moment they scroll up, the position is theirs, until
 * they come back. Begins at the item `startIndex`, or with -1 at the end.
 */
export function useThreadScroll(chat: ChatSession, startIndex: number): ThreadScroll {
  const scroller = useRef<HTMLDivElement>(null)
  const list = useRef<VirtualizerHandle>(null)
  const follows = useRef(startIndex < 0)
  const last = useRef({ top: 0, inputAt: 0, resizeAt: 0 })
  const [isAway, setAway] = useState(false)

  const begin = useEffectEvent(() => {
    if (startIndex >= 0) list.current?.scrollToIndex(startIndex, { align: 'start', offset: -beforeMarkPx })
  })
  useLayoutEffect(() => begin(), [])

  const look = () => {
    const element = scroller.current
    if (!element) return
    const { hasOlder, hasNewer, loading, failure, status } = chat.getSnapshot()
    const left = leftBelow(element)
    setAway(hasNewer || (!follows.current && left > awayPx))
    if (status !== 'ready' || loading !== null || failure !== null) return
    if (hasOlder && element.scrollTop < loadAheadPx) void chat.loadOlder()
    else if (hasNewer && left < loadAheadPx) void chat.loadNewer()
  }
  const pin = () => {
    const element = scroller.current
    if (element && follows.current && !chat.getSnapshot().hasNewer) element.scrollTop = element.scrollHeight
  }

  const touch = () => {
    last.current.inputAt = performance.now()
  }

  return {
    scroller,
    list,
    isAway,
    scrolls: {
      tabIndex: 0,
      onScroll({ currentTarget }) {
        const { scrollTop } = currentTarget
        const left = leftBelow(currentTarget)
        // What shrinks also moves up, but leaves nothing below.
        if (scrollTop < last.current.top && left > 2 && isReaders(last.current)) follows.current = false
        else if (left < endPx) follows.current = true
        last.current.top = scrollTop
        look()
      },
      onWheel: touch,
      onTouchMove: touch,
      onKeyDown: touch,
      onPointerDown(event) {
        if (isOnScrollbar(event)) follows.current = false
      },
    },
    onResize() {
      last.current.resizeAt = performance.now()
      pin()
      look()
    },
    toEnd() {
      follows.current = true
      pin()
      look()
    },
  }
}

function isReaders({ inputAt, resizeAt }: { inputAt: number; resizeAt: number }): boolean {
  const now = performance.now()
  return now - inputAt < momentMs || now - resizeAt > momentMs
}

/** A scrollbar that is dragged reports nothing but its press. */
function isOnScrollbar({ target, currentTarget, nativeEvent }: PointerEvent): boolean {
  const { offsetX } = nativeEvent
  return target === currentTarget && (offsetX < 0 || offsetX >= currentTarget.clientWidth)
}

function leftBelow({ scrollHeight, clientHeight, scrollTop }: Element): number {
  return scrollHeight - clientHeight - scrollTop
}
