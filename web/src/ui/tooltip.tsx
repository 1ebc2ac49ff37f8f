import {
  cloneElement,
  type FocusEvent,
  type HTMLAttributes,
  type PointerEvent,
  type ReactElement,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import { createPortal } from 'react-dom'
import { float } from './float.ts'

interface TooltipProps {
  text: string
  keys?: string
  children: ReactElement<HTMLAttributes<Element>>
}

/** A pointer that rests this long wants to know. */
const restMs = 400

/** A name or an exact value on hover and focus. The child passes on its attributes, and has its accessible name already. */
export function Tooltip({ text, keys, children }: TooltipProps) {
  const id = useId()
  const [anchor, setAnchor] = useState<Element | null>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const own = children.props
  const hide = () => {
    clearTimeout(timer.current)
    setAnchor(null)
  }
  const handlers: HTMLAttributes<Element> = {
    onPointerEnter: (event: PointerEvent) => {
      const { currentTarget: target } = event
      own.onPointerEnter?.(event)
      if (event.pointerType === 'mouse') timer.current = setTimeout(() => setAnchor(target), restMs)
    },
    onPointerLeave: (event: PointerEvent) => {
      own.onPointerLeave?.(event)
      hide()
    },
    onPointerDown: (event: PointerEvent) => {
      own.onPointerDown?.(event)
      hide()
    },
    onFocus: (event: FocusEvent) => {
      own.onFocus?.(event)
      if (event.currentTarget.matches(':focus-visible')) setAnchor(event.currentTarget)
    },
    onBlur: (event: FocusEvent) => {
      own.onBlur?.(event)
      hide()
    },
  }
  // What has the text for a name already is not described by it once more.
  const describes = anchor !== null && own['aria-label'] !== text
  return (
    <>
      {cloneElement(children, { ...handlers, ...(describes ? { 'aria-describedby': id } : {}) })}
      {anchor && <Bubble {...{ id, text, keys, anchor, hide }} />}
    </>
  )
}

interface BubbleProps {
  id: string
  text: string
  keys: string | undefined
  anchor: Element
  hide: () => void
}

function Bubble({ id, text, keys, anchor, hide }: BubbleProps) {
  const ref = useRef<HTMLDivElement>(null)
  useLayoutEffect(
    () => (ref.current?.isConnected ? float(ref.current, anchor, { align: 'center', gap: 6 }) : undefined),
    [anchor],
  )
  useEffect(() => {
    // Escape takes it away, and still does what else it is for.
    const listen = ({ key }: KeyboardEvent) => key === 'Escape' && hide()
    addEventListener('keydown', listen, true)
    return () => removeEventListener('keydown', listen, true)
  })
  return createPortal(
    <div
      ref={ref}
      id={id}
      role="tooltip"
      popover="manual"
      className="animate-appear pointer-events-none inset-auto m-0 max-w-72 rounded-sm bg-text px-2 py-1 text-page text-xs shadow-float"
    >
      {text}
      {keys && <kbd className="ms-2 font-sans opacity-75">{keys}</kbd>}
    </div>,
    document.body,
  )
}
