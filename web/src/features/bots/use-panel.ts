import { type RefObject, useEffect, useEffectEvent } from 'react'

/**
 * The keys and presses of a panel that opens below a button, both inside `root`: arrow keys go through its links,
 * Escape closes it and gives the focus back to the button, a press or the focus elsewhere closes it.
 */
export function usePanel(root: RefObject<HTMLElement | null>, onClose: () => void): void {
  const close = useEffectEvent(onClose)
  useEffect(() => {
    const element = root.current
    if (!element) return
    const leave = (event: Event) => {
      if (event.target instanceof Node && !element.contains(event.target)) close()
    }
    const press = (event: KeyboardEvent) => {
      if (event.key === 'Escape') {
        close()
        element.querySelector('button')?.focus()
      } else if (!moveFocus(element, { ArrowDown: 1, ArrowUp: -1 }[event.key])) return
      event.preventDefault()
    }
    addEventListener('pointerdown', leave)
    addEventListener('focusin', leave)
    element.addEventListener('keydown', press)
    return () => {
      removeEventListener('pointerdown', leave)
      removeEventListener('focusin', leave)
      element.removeEventListener('keydown', press)
    }
  }, [root])
}

function moveFocus(root: HTMLElement, step: number | undefined): boolean {
  if (!step) return false
  const stops = [...root.querySelectorAll<HTMLElement>('input, a')]
  const focused = document.activeElement
  const index = focused instanceof HTMLElement ? stops.indexOf(focused) : -1
  const next = index < 0 && step < 0 ? -1 : (index + step) % stops.length
  stops.at(next)?.focus()
  return true
}
