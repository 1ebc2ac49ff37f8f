import { lazy } from 'react'

/** The comparison of two texts, loaded when the first one is asked for. */
export const TextDiff = lazy(async () => ({ default: (await import('./text-diff.tsx')).TextDiff }))
