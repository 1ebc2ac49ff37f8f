import type { ComponentType, ReactNode } from 'react'
import { createMatcher, type Params } from './match.ts'

export type Frame = ComponentType<{ children: ReactNode }>

export interface Route {
  /** Its addresses, as {@link createMatcher} reads them. */
  path: string
  /** What stands around the page, and stays while one page with it follows another. */
  Frame: Frame
  /** Loads the page; called again for the next visit where it threw. */
  load: () => Promise<ComponentType>
}

interface FoundPage {
  params: Params
  Frame: Frame
  /** At once where the page has been loaded before. One that cannot be loaded throws the reason when it is rendered. */
  load: () => ComponentType | Promise<ComponentType>
}

/** Finds the page for a path, by the first route that fits. Throws where none does: the last one should be for anything. */
export function createPages(routes: Route[]): (pathname: string) => FoundPage {
  const matchers = routes.map((route) => ({ ...route, match: createMatcher(route.path) }))
  const pages = new Map<string, ComponentType>()

  async function load(route: Route): Promise<ComponentType> {
    try {
      const Page = await route.load()
      pages.set(route.path, Page)
      return Page
    } catch (error) {
      return () => {
        throw error
      }
    }
  }

  return (pathname) => {
    for (const { match, ...route } of matchers) {
      const params = match(pathname)
      if (params) return { params, Frame: route.Frame, load: () => pages.get(route.path) ?? load(route) }
    }
    throw new Error(`No route is for ${pathname}`)
  }
}
