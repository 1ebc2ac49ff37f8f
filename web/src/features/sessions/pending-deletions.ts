import { useSyncExternalStore } from 'react'
import { toast } from '../../ui/toast.tsx'

/** How long a deletion can be undone, in ms. */
const undoMs = 8000

export interface Deletion {
  /** Of what is deleted. */
  id: string
  /** Deletes it at the server. With `isLeaving` the page may be gone before the answer. */
  run: (how: { isLeaving: boolean }) => Promise<unknown>
  text: string
  undoLabel: string
  onUndo: () => void
  onFailure: (error: unknown) => void
}

const waiting = new Map<string, (isLeaving: boolean) => void>()
let hidden: ReadonlySet<string> = new Set()
const listeners = new Set<() => void>()

/**
 * Hides something at once and deletes it when it can no longer be undone: after some seconds, or as soon as the page is
 * left or out of view, from where it might never come back. What could not be deleted is shown again.
 */
export function deleteLater({ id, run, text, undoLabel, onUndo, onFailure }: Deletion): void {
  if (waiting.has(id)) return
  if (waiting.size === 0) listenForLeaving(true)
  show(id, false)
  const settle = () => {
    clearTimeout(timer)
    dismiss()
    waiting.delete(id)
    if (waiting.size === 0) listenForLeaving(false)
  }
  const finish = (isLeaving: boolean) => {
    settle()
    run({ isLeaving }).catch((error) => {
      show(id, true)
      onFailure(error)
    })
  }
  const undo = () => {
    settle()
    show(id, true)
    onUndo()
  }
  const timer = setTimeout(finish, undoMs, false)
  const dismiss = toast({ text, action: { label: undoLabel, onSelect: undo }, durationMs: undoMs })
  waiting.set(id, finish)
}

/** The ids of what is deleted, or about to be. */
export function useHidden(): ReadonlySet<string> {
  return useSyncExternalStore(subscribe, () => hidden)
}

function show(id: string, isShown: boolean): void {
  const next = new Set(hidden)
  if (isShown) next.delete(id)
  else next.add(id)
  hidden = next
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function listenForLeaving(isOn: boolean): void {
  const change = isOn ? ('addEventListener' as const) : ('removeEventListener' as const)
  document[change]('visibilitychange', finishWhenUnseen)
  window[change]('pagehide', finishAll)
}

function finishWhenUnseen(): void {
  if (document.visibilityState === 'hidden') finishAll()
}

function finishAll(): void {
  for (const finish of [...waiting.values()]) finish(true)
}
