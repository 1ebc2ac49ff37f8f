import type { ReactNode } from 'react'
import { useAccountState } from '../lib/account.tsx'
import { Redirect } from '../lib/router/link.tsx'
import { useLocation } from '../lib/router/use-router.tsx'
import { Toaster } from '../ui/toast.tsx'
import { Splash } from './splash.tsx'
import { UnreachablePage } from './unreachable-page.tsx'

/** The pages of people who are not signed in; who is goes on to where they wanted. */
export function SignedOut({ children }: { children: ReactNode }) {
  const { status, isOffline } = useAccountState()
  const location = useLocation()
  if (status === 'signed-in') return <Redirect to={returnPath(location.search)} />
  if (status === 'unknown') return isOffline ? <UnreachablePage /> : <Splash />
  return (
    <>
      {children}
      <Toaster />
    </>
  )
}

/** The page in `?next=`, if it is one of ours. */
function returnPath(search: string): string {
  const next = new URLSearchParams(search).get('next')
  return next && /^\/app(\/|$|\?)/.test(next) ? next : '/app'
}
