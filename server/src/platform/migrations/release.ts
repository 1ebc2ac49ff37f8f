import type { LedgerEntry } from './ledger.ts'
import { MigrationError } from './migration-error.ts'

/** A migration that shuts out releases before `oldestRelease`. */
export type ReleaseDemand = Pick<LedgerEntry, 'id' | 'oldestRelease'>

/** The applied migration that asks for the newest release, if any asks for a newer one than `appVersion`. */
export function demandBeyond(appVersion: string, applied: readonly ReleaseDemand[]): ReleaseDemand | undefined {
  return applied
    .filter(({ oldestRelease }) => oldestRelease !== null && isOlder(appVersion, oldestRelease))
    .sort((a, b) => (isOlder(a.oldestRelease ?? '', b.oldestRelease ?? '') ? 1 : -1))[0]
}

/** Throws {@link MigrationError} when an applied migration shuts this release out. */
export function requireRelease(appVersion: string, applied: readonly ReleaseDemand[]): void {
  const demand = demandBeyond(appVersion, applied)
  if (demand) throw new MigrationError(tooOldMessage(appVersion, demand))
}

/** What to tell whoever starts a release that is too old. */
export function tooOldMessage(appVersion: string, { id, oldestRelease }: ReleaseDemand): string {
  return (
    `This is release ${appVersion}, and the database needs ${oldestRelease} or newer since migration ${id}. ` +
    'Start a newer release, revert that migration with one, or restore a backup from before it.'
  )
}

/**
 * Whether release `one` came before `other`; both as `major.minor.patch`, where anything after that (a pre-release tag)
 * is not looked at. What does not begin like that, as a build under test, counts as the newest.
 */
export function isOlder(one: string, other: string): boolean {
  const [a, b] = [numbersOf(one), numbersOf(other)]
  if (!a || !b) return false
  const i = a.findIndex((number, place) => number !== b[place])
  return i >= 0 && (a[i] ?? 0) < (b[i] ?? 0)
}

function numbersOf(version: string): number[] | undefined {
  return /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number)
}
