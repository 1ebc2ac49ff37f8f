import { useSyncExternalStore } from 'react'
import { createTranslation, type Namespace, type Translate, type Translation } from './translate.ts'

let current: Translation = createTranslation('en', {})
const listeners = new Set<() => void>()

/** The texts of a namespace in the language of the page, `common` unless named, and that language as a BCP 47 tag. */
export function useTranslation<Name extends Namespace = 'common'>(
  namespace?: Name,
): { t: Translate<Name>; language: string } {
  const { language, in: within } = useSyncExternalStore(subscribe, currentTranslation)
  return { t: within(namespace ?? ('common' as Name)), language }
}

/** For what is no component; it does not hear of another language. */
export function currentTranslation(): Translation {
  return current
}

/** Shows every text of the page in another language. */
export function showTranslation(next: Translation): void {
  current = next
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
