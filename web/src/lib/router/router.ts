import type { ComponentType } from 'react'
import { currentEntry, type Location, locationOf, newKey, writeEntry } from './history-entry.ts'
import type { Params } from './match.ts'
import { createPages, type Frame, type Route } from './pages.ts'

/** What is on the screen. */
export interface Place {
  location: Location
  params: Params
  Frame: Frame
  /** Null until the first page is loaded. */
  Page: ComponentType | null
}

export interface NavigateOptions {
  /** Takes the place of the present address in the history. */
  replace?: boolean
  /** Kept with the new address, also over a reload. */
  state?: unknown
}

/** A navigation that a guard may hold. */
export interface Attempt {
  next: Location
  /** Goes there without asking again. */
  proceed: () => void
}

/** True: the navigation is held, and happens only when `proceed` is called. */
export type Guard = (attempt: Attempt) => boolean

export interface Router {
  getPlace: () => Place
  subscribe: (listener: () => void) => () => void
  /**
   * Goes to a path, or with `?…` to another search of the present one. The page before stays until the next one is
   * loaded; resolves when that is shown, or another navigation came in between, or a guard holds it.
   */
  navigate: (to: string, options?: NavigateOptions) => Promise<void>
  /** Asks `guard` before every navigation, back and forward included, until the returned function is called. */
  addGuard: (guard: Guard) => () => void
}

/** Follows the address of the window, and starts to load its page at once. */
export function createRouter(routes: Route[]): Router {
  const find = createPages(routes)
  const listeners = new Set<() => void>()
  const guards = new Set<Guard>()
  /** What is known of the next events of the history, which are made by this router itself. */
  const expectedPops: ('ignored' | 'free')[] = []
  const location = locationOf(window.location, currentEntry())
  let place: Place = { ...find(location.pathname), location, Page: null }
  let index = currentEntry()?.index ?? 0
  let newest = 0

  const isHeld = (attempt: Attempt) => [...guards].some((guard) => guard(attempt))

  /** Shows the page of `next`; `arrive` writes the address, unless the browser did. */
  async function show(next: Location, arrive?: () => void): Promise<void> {
    const turn = ++newest
    const { params, Frame, load } = find(next.pathname)
    const page = load()
    const Page = page instanceof Promise ? await page : page
    if (turn !== newest) return
    arrive?.()
    place = { location: next, params, Frame, Page }
    for (const listener of listeners) listener()
  }

  async function navigate(to: string, { replace = false, state = null }: NavigateOptions = {}): Promise<void> {
    const next: Location = { ...resolve(to, place.location), state, key: newKey(), by: replace ? 'replace' : 'push' }
    const go = () =>
      show(next, () => {
        if (!replace) index += 1
        writeEntry(next, index)
      })
    if (!isHeld({ next, proceed: () => void go() })) await go()
  }

  function pop(): void {
    const expected = expectedPops.shift()
    if (expected === 'ignored') return
    const entry = currentEntry()
    if (!entry) {
      // A link to a spot in this page has made an entry of its own.
      index += 1
      adopt(place.location, index)
      return
    }
    const distance = entry.index - index
    const next = locationOf(window.location, entry)
    const proceed = () => {
      expectedPops.push('free')
      history.go(distance)
    }
    if (expected !== 'free' && distance !== 0 && isHeld({ next, proceed })) {
      expectedPops.push('ignored')
      history.go(-distance)
      return
    }
    index = entry.index
    void show(next)
  }

  if (!currentEntry()) adopt(location, index)
  addEventListener('popstate', pop)
  void show(location)

  return { getPlace: () => place, subscribe: adder(listeners), navigate, addGuard: adder(guards) }
}

/** The path and search of a location. */
export function addressOf({ pathname, search }: Pick<Location, 'pathname' | 'search'>): string {
  return `${pathname}${search}`
}

/** The path and search that `to` means in a page at `here`. */
export function resolve(to: string, here: Location): Pick<Location, 'pathname' | 'search'> {
  const { pathname, search } = new URL(to, `${window.location.origin}${addressOf(here)}`)
  return { pathname, search }
}

/** Makes the present entry of the history one of the router's. */
function adopt(location: Location, index: number): void {
  writeEntry({ ...location, by: 'replace' }, index, window.location.hash)
}

/** What puts something into a set, and returns what takes it out again. */
function adder<T>(set: Set<T>): (item: T) => () => void {
  return (item) => {
    set.add(item)
    return () => set.delete(item)
  }
}
