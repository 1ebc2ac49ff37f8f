import type { KeyboardEvent } from 'react'

/** What Safari reports for the Enter that ends a composition. */
const compositionKeyCode = 229

/** Whether this key sends: Enter, unless it ends a composition. On touch screens, whose Shift is far, it makes a line. */
export function sendsMessage({ key, shiftKey, altKey, keyCode, nativeEvent }: KeyboardEvent): boolean {
  if (key !== 'Enter' || shiftKey || altKey) return false
  return !nativeEvent.isComposing && keyCode !== compositionKeyCode && !isTouchScreen()
}

export function isTouchScreen(): boolean {
  return matchMedia('(pointer: coarse)').matches
}
