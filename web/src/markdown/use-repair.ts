import { lazyPart, loadedOf, useLazyPart } from '../lib/lazy-part.ts'

/** Where it cannot be loaded, growing texts are shown as they are. */
const repair = lazyPart(() =>
  import('./repair.ts').then(
    ({ repairEnd }) => repairEnd,
    () => (source: string) => source,
  ),
)

/** Whether `repaired` can be called. What mends the end of a growing text is loaded for the first text that grows. */
export function useRepair(isWanted: boolean): boolean {
  return useLazyPart(repair, isWanted) !== null
}

/** The text with its end fit to be shown, see `repairEnd`. */
export function repaired(source: string): string {
  return loadedOf(repair.getState())?.(source) ?? source
}
