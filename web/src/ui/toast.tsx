import { X } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { useTranslation } from '../i18n/use-translation.ts'
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

/** Says something beside the page without taking the focus; returns a function that takes it away. */
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

/**
 * Where toasts appear; once, in the shell. Never over a place to write: on wide screens at the foot of the sidebar, on
 * narrow ones over the bar at the top.
 */
export function Toaster() {
  const { t } = useTranslation()
  const shown = useSyncExternalStore(subscribe, () => toasts)
  return (
    <section
      aria-label={t('notifications')}
      aria-live="polite"
      className="pointer-events-none fixed start-0 end-0 top-0 z-50 flex flex-col items-center gap-2 p-1.5 pt-[max(0.375rem,env(safe-area-inset-top))] lg:end-auto lg:top-auto lg:bottom-0 lg:w-70 lg:p-2"
    >
      {shown.map((one) => (
        <ToastCard key={one.id} {...one} onDismiss={() => change(toasts.filter(({ id }) => id !== one.id))} />
      ))}
    </section>
  )
}

function ToastCard({ text, action, onDismiss }: Toast & { onDismiss: () => void }) {
  const { t } = useTranslation()
  return (
    <div className="animate-appear pointer-events-auto flex w-full max-w-120 flex-wrap items-center justify-end gap-x-2 rounded-md border border-line bg-raised p-1 ps-3 shadow-float">
      <p dir="auto" className="min-w-32 flex-1 py-1.5">
        {text}
      </p>
      <div className="flex items-center gap-1">
        {action && (
          <Button
            className="min-h-8"
            onClick={() => {
              action.onSelect()
              onDismiss()
            }}
          >
            {action.label}
          </Button>
        )}
        <IconButton icon={X} label={t('dismiss')} onClick={onDismiss} />
      </div>
    </div>
  )
}
