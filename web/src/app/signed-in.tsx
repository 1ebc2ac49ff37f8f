import type { ReactNode } from 'react'
import { useAccountState } from '../lib/account.tsx'
import { Redirect } from '../lib/router/link.tsx'
import { useLocation } from '../lib/router/use-router.tsx'
import { Shell } from './shell.tsx'
import { Splash } from './splash.tsx'
import { UnreachablePage } from './unreachable-page.tsx'

/** Where somebody who signs in lands anyway, or went only to sign out. */
const noReturn = new Set(['/app', '/app/account'])

/** The pages of people who are signed in. */
export function SignedIn({ children }: { children: ReactNode }) {
  const { status, user, isOffline } = useAccountState()
  const { pathname, search } = useLocation()
  if (user) return <Shell key={user.id}>{children}</Shell>
  if (status === 'unknown') return isOffline ? <UnreachablePage /> : <Splash />
  const next = noReturn.has(pathname) ? '' : `?next=${encodeURIComponent(pathname + search)}`
  return <Redirect to={`/app/sign-in${next}`} />
}
