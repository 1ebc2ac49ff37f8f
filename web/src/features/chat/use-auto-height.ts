import { type RefObject, useLayoutEffect, useRef } from 'react'

const growsByItself = CSS.supports('field-sizing', 'content')

/** Lets a text field grow with its text in browsers that do not do so by themselves; CSS sets the limit. */
export function useAutoHeight(text: string): RefObject<HTMLTextAreaElement | null> {
  const field = useRef<HTMLTextAreaElement>(null)
  useLayoutEffect(() => {
    const element = field.current
    if (growsByItself || !element) return
    element.style.height = 'auto'
    element.style.height = text === '' ? '' : `${element.scrollHeight + 2}px`
  }, [text])
  return field
}
