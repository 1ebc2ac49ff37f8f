import type { ReactNode } from 'react'
import { createContext, startTransition, useCallback, useContext, useEffect, useMemo, useState } from 'react'
import type { Location } from './history-entry.ts'
import type { Params } from './match.ts'
import type { NavigateOptions, Place, Router } from './router.ts'

const RouterContext = createContext<{ router: Router; place: Place } | null>(null)

export function RouterProvider({ router, children }: { router: Router; children: ReactNode }) {
  const [place, setPlace] = useState(router.getPlace)
  useEffect(() => {
    const follow = () => startTransition(() => setPlace(router.getPlace()))
    follow()
    return router.subscribe(follow)
  }, [router])
  const value = useMemo(() => ({ router, place }), [router, place])
  return <RouterContext value={value}>{children}</RouterContext>
}

/** The router and what it shows. Throws outside the provider. */
export function useRouter(): { router: Router; place: Place } {
  const value = useContext(RouterContext)
  if (!value) throw new Error('useRouter needs a RouterProvider above it')
  return value
}

export function useLocation(): Location {
  return useRouter().place.location
}

/** The named parts of the address, the same for the page and what stands around it. */
export function useParams(): Params {
  return useRouter().place.params
}

export function useNavigate(): Router['navigate'] {
  return useRouter().router.navigate
}

type SearchInit = URLSearchParams | Record<string, string>
type SetSearch = (next: SearchInit | ((current: URLSearchParams) => SearchInit), options?: NavigateOptions) => void

/** What stands after the `?`, and a function that goes to the same page with another search. */
export function useSearchParams(): [URLSearchParams, SetSearch] {
  const { router, place } = useRouter()
  const { search } = place.location
  const params = useMemo(() => new URLSearchParams(search), [search])
  const setParams = useCallback<SetSearch>(
    (next, options) => {
      const current = () => new URLSearchParams(router.getPlace().location.search)
      const wanted = typeof next === 'function' ? next(current()) : next
      void router.navigate(`?${new URLSearchParams(wanted)}`, options)
    },
    [router],
  )
  return [params, setParams]
}
