/** An address of the app, and how it was reached. */
export interface Location {
  pathname: string
  /** With its `?`, or empty. */
  search: string
  /** What the navigation brought along. */
  state: unknown
  /** The same for every visit of one entry of the history, another for every other entry. */
  key: string
  by: 'push' | 'replace' | 'pop'
}

/** What the history of the browser keeps for an entry of this app; it survives a reload. */
export interface Entry {
  /** How many entries of the app are before it. */
  index: number
  key: string
  state: unknown
}

/** Null for an entry that the router has not written. */
export function currentEntry(): Entry | null {
  const entry: unknown = history.state
  return isEntry(entry) ? entry : null
}

export function locationOf({ pathname, search }: { pathname: string; search: string }, entry: Entry | null): Location {
  return { pathname, search, state: entry?.state ?? null, key: entry?.key ?? newKey(), by: 'pop' }
}

/** Makes the location the address of the window, as a new entry or in place of the present one. */
export function writeEntry({ pathname, search, state, key, by }: Location, index: number, hash = ''): void {
  const entry: Entry = { index, key, state }
  const address = `${pathname}${search}${hash}`
  if (by === 'push') history.pushState(entry, '', address)
  else history.replaceState(entry, '', address)
}

export function newKey(): string {
  return Math.random().toString(36).slice(2, 10)
}

function isEntry(value: unknown): value is Entry {
  return (
    typeof value === 'object' && value !== null && 'index' in value && typeof value.index === 'number' && 'key' in value
  )
}
