import { useEffect, useEffectEvent, useState } from 'react'
import type { Location } from './history-entry.ts'
import type { Attempt } from './router.ts'
import { useRouter } from './use-router.tsx'

interface Blocked {
  /** Goes where the reader wanted. */
  proceed: () => void
  /** Stays. */
  reset: () => void
}

/** Holds navigations for which `blocks` is true; returns the one that is held. */
export function useBlocker(blocks: (next: Location, current: Location) => boolean): Blocked | null {
  const { router } = useRouter()
  const [attempt, setAttempt] = useState<Attempt | null>(null)
  const hold = useEffectEvent((next: Attempt) => {
    if (!blocks(next.next, router.getPlace().location)) return false
    setAttempt(next)
    return true
  })
  useEffect(() => router.addGuard((next) => hold(next)), [router])
  if (!attempt) return null
  const reset = () => setAttempt(null)
  return {
    reset,
    proceed() {
      reset()
      attempt.proceed()
    },
  }
}
