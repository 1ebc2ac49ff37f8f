import { X } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from './button.tsx'
import { IconButton } from './icon-button.tsx'

export interface ToastInput {
  text: string
  action?: { label: string; onSelect: () => void }
  /** How long it stays, in ms; longer where there is something to press. */
  durationMs?: number
}

interface Toast extends ToastInput {
  id: number
}

let toasts: readonly Toast[] = []
let nextId = 1
const listeners = new Set<() => void>()

/** Says something in a corner without taking the focus; returns a function that takes it away. */
export function toast(input: ToastInput): () => void {
  const id = nextId++
  const dismiss = () => change(toasts.filter((other) => other.id !== id))
  change([...toasts.slice(-2), { ...input, id }])
  setTimeout(dismiss, input.durationMs ?? (input.action ? 8000 : 5000))
  return dismiss
}

function change(next: readonly Toast[]): void {
  toasts = next
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Where toasts appear; once, in the shell. */
export function Toaster() {
  const { t } = useTranslation()
  const shown = useSyncExternalStore(subscribe, () => toasts)
  return (
    <section
      aria-label={t('notifications')}
      aria-live="polite"
      className="pointer-events-none fixed inset-x-0 bottom-0 z-50 flex flex-col items-center gap-2 p-4 pb-[max(1rem,env(safe-area-inset-bottom))]"
    >
      {shown.map(({ id, text, action }) => (
        <div
          key={id}
          className="animate-appear pointer-events-auto flex max-w-full items-center gap-2 rounded-md border border-line bg-raised py-1 ps-4 pe-1 shadow-float"
        >
          <p className="min-w-0 py-1.5">{text}</p>
          {action && (
            <Button
              variant="quiet"
              className="text-accent"
              onClick={() => {
                action.onSelect()
                change(toasts.filter((other) => other.id !== id))
              }}
            >
              {action.label}
            </Button>
          )}
          <IconButton icon={X} label={t('dismiss')} onClick={() => change(toasts.filter((other) => other.id !== id))} />
        </div>
      ))}
    </section>
  )
}
