import type { LucideIcon } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useEffect, useEffectEvent, useLayoutEffect, useRef } from 'react'
import { cx } from '../lib/class-names.ts'
import { type Alignment, float } from './float.ts'

export interface MenuItem {
  label: string
  icon?: LucideIcon
  onSelect: () => void
  isDanger?: boolean
  isDisabled?: boolean
  /** The shortcut that does the same. */
  keys?: string
}

interface MenuListProps {
  id: string
  /** What it was opened by, and stands below. */
  anchor: HTMLElement
  /** Which item has the focus first. */
  at: 'first' | 'last'
  groups: MenuItem[][]
  header?: ReactNode
  align: Alignment
  onClose: () => void
}

/** The open menu. It stands in the page where its trigger does, so that it is part of the dialog that this may be in. */
export function MenuList({ id, anchor, at, groups, header, align, onClose }: MenuListProps) {
  const ref = useRef<HTMLDivElement>(null)
  const close = useEffectEvent(onClose)
  useLayoutEffect(() => {
    const list = ref.current
    if (!list) return
    const unfloat = float(list, anchor, { align, gap: 4 })
    itemsOf(list)
      .at(at === 'first' ? 0 : -1)
      ?.focus({ preventScroll: true })
    return unfloat
  }, [anchor, align, at])
  useEffect(() => {
    const leave = ({ target }: Event) => {
      if (target instanceof Node && !ref.current?.contains(target) && !anchor.contains(target)) close()
    }
    addEventListener('pointerdown', leave)
    addEventListener('focusin', leave)
    return () => {
      removeEventListener('pointerdown', leave)
      removeEventListener('focusin', leave)
    }
  }, [anchor])
  const goBack = () => {
    anchor.focus({ preventScroll: true })
    onClose()
  }
  const shown = groups.filter((items) => items.length > 0)
  return (
    <div
      ref={ref}
      id={id}
      role="menu"
      tabIndex={-1}
      aria-label={anchor.ariaLabel ?? anchor.textContent.trim()}
      popover="manual"
      onKeyDown={(event) => {
        event.stopPropagation()
        if (event.key === 'Tab') goBack()
        else if (event.key === 'Escape') {
          event.preventDefault()
          goBack()
        } else moveFocus(event)
      }}
      // What is below it in the tree is not pressed by it.
      onClick={(event) => event.stopPropagation()}
      className="animate-appear inset-auto m-0 min-w-44 max-w-80 overflow-y-auto whitespace-normal rounded-md border border-line bg-raised p-1 text-start font-normal text-base text-text shadow-float"
    >
      {header && <div className="px-2.5 py-1.5 text-muted text-sm">{header}</div>}
      {shown.map((items, index) => (
        <div
          key={items[0]?.label}
          className={cx((index > 0 || header !== undefined) && 'mt-1 border-line border-t pt-1')}
        >
          {items.map((item) => (
            <Action
              key={item.label}
              item={item}
              onChoose={() => {
                goBack()
                item.onSelect()
              }}
            />
          ))}
        </div>
      ))}
    </div>
  )
}

function Action({ item, onChoose }: { item: MenuItem; onChoose: () => void }) {
  const { label, icon: Icon, isDanger = false, isDisabled = false, keys } = item
  return (
    <button
      type="button"
      role="menuitem"
      tabIndex={-1}
      disabled={isDisabled}
      onClick={onChoose}
      onPointerMove={(event) => event.currentTarget.focus({ preventScroll: true })}
      className={cx(
        'flex min-h-9 w-full items-center gap-2.5 rounded-sm px-2.5 text-start outline-none',
        'focus:bg-hover disabled:opacity-50 pointer-coarse:min-h-11',
        isDanger && 'text-danger',
      )}
    >
      {Icon && <Icon size={16} strokeWidth={1.75} aria-hidden className="shrink-0" />}
      <span className="min-w-0 flex-1 truncate">{label}</span>
      {keys && <kbd className="font-sans text-muted text-xs">{keys}</kbd>}
    </button>
  )
}

function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const items = itemsOf(event.currentTarget)
  const index = document.activeElement instanceof HTMLElement ? items.indexOf(document.activeElement) : -1
  const next = nextItem(event.key, items, index)
  if (!next) return
  event.preventDefault()
  next.focus()
}

function nextItem(key: string, items: HTMLElement[], index: number): HTMLElement | undefined {
  if (key === 'ArrowDown') return items[(index + 1) % items.length]
  if (key === 'ArrowUp') return items.at(index <= 0 ? -1 : index - 1)
  if (key === 'Home') return items[0]
  if (key === 'End') return items.at(-1)
  if (key.length !== 1 || key === ' ') return undefined
  // A letter goes to the next item that begins with it.
  const letter = key.toLocaleLowerCase()
  const inOrder = [...items.slice(index + 1), ...items.slice(0, index + 1)]
  return inOrder.find((item) => item.textContent.trim().toLocaleLowerCase().startsWith(letter))
}

function itemsOf(list: HTMLElement): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>('[role="menuitem"]:not(:disabled)')]
}
