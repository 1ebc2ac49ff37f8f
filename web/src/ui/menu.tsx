import {
  cloneElement,
  type HTMLAttributes,
  type KeyboardEvent,
  type MouseEvent,
  type ReactElement,
  type ReactNode,
  useId,
  useState,
} from 'react'
import { lazyPart, useLazyPart } from '../lib/lazy-part.ts'
import type { MenuItem } from './menu-list.tsx'

export type { MenuItem } from './menu-list.tsx'

const list = lazyPart(async () => (await import('./menu-list.tsx')).MenuList)

interface MenuProps {
  /** A button that passes on its attributes. */
  trigger: ReactElement<HTMLAttributes<HTMLElement>>
  /** Groups of actions, with a line between them. */
  groups: MenuItem[][]
  header?: ReactNode
  align?: 'start' | 'end'
}

/** A menu of actions below `trigger`: opened by a press or the arrow keys, left by Escape, Tab or a press elsewhere. */
export function Menu({ trigger, groups, header, align = 'start' }: MenuProps) {
  const id = useId()
  const [opened, setOpened] = useState<{ anchor: HTMLElement; at: 'first' | 'last' } | null>(null)
  const List = useLazyPart(list, opened !== null)
  const attributes = {
    'aria-haspopup': 'menu',
    'aria-expanded': opened !== null,
    'aria-controls': List ? id : undefined,
    'data-state': opened ? 'open' : 'closed',
    onClick: (event: MouseEvent<HTMLElement>) => {
      trigger.props.onClick?.(event)
      setOpened(opened ? null : { anchor: event.currentTarget, at: 'first' })
    },
    onKeyDown: (event: KeyboardEvent<HTMLElement>) => {
      trigger.props.onKeyDown?.(event)
      if ((event.key !== 'ArrowDown' && event.key !== 'ArrowUp') || event.altKey) return
      event.preventDefault()
      setOpened({ anchor: event.currentTarget, at: event.key === 'ArrowDown' ? 'first' : 'last' })
    },
  } as const
  return (
    <>
      {cloneElement(trigger, attributes)}
      {opened && List && <List {...{ id, groups, header, align }} {...opened} onClose={() => setOpened(null)} />}
    </>
  )
}
