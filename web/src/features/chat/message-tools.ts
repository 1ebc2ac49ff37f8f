import { cx } from '../../lib/class-names.ts'

/**
 * The row of actions below a message. Its place is always kept; it is seen on hover and focus, on touch screens always,
 * and below the newest answer always.
 */
export function toolsClass(isAlwaysSeen: boolean): string {
  return cx(
    'flex flex-wrap items-center gap-0.5 transition-opacity group-focus-within/message:opacity-100',
    !isAlwaysSeen && 'opacity-0 group-hover/message:opacity-100 pointer-coarse:opacity-100',
  )
}
