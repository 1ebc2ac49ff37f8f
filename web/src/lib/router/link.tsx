import { type ComponentProps, type MouseEvent, useEffect } from 'react'
import { addressOf, resolve } from './router.ts'
import { useNavigate, useRouter } from './use-router.tsx'

interface LinkProps extends Omit<ComponentProps<'a'>, 'href'> {
  /** A path of the app, or `?…` for another search of the present page. */
  to: string
}

/** A link to a page of the app. To the page one is on already, it adds nothing to the history. */
export function Link({ to, onClick, ...rest }: LinkProps) {
  const { router, place } = useRouter()
  const href = addressOf(resolve(to, place.location))
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event)
    if (event.defaultPrevented || !isPlainClick(event)) return
    event.preventDefault()
    void router.navigate(href, { replace: href === addressOf(place.location) })
  }
  return <a {...rest} href={href} onClick={follow} />
}

interface NavLinkProps extends Omit<LinkProps, 'className'> {
  /** Active only on this very page, not on those below it. */
  end?: boolean
  className: (isActive: boolean) => string
}

/** A link that knows whether it leads to where one is. */
export function NavLink({ to, end = false, className, ...rest }: NavLinkProps) {
  const { pathname } = useRouter().place.location
  const isActive = pathname === to || (!end && pathname.startsWith(`${to}/`))
  return <Link {...rest} to={to} aria-current={isActive ? 'page' : undefined} className={className(isActive)} />
}

/** Goes elsewhere as soon as it is rendered, in place of the present address. */
export function Redirect({ to }: { to: string }) {
  const navigate = useNavigate()
  useEffect(() => {
    void navigate(to, { replace: true })
  }, [navigate, to])
  return null
}

/** All others are the browser's: a new tab, a download, a menu. */
function isPlainClick(event: MouseEvent<HTMLAnchorElement>): boolean {
  const { button, metaKey, ctrlKey, shiftKey, altKey, currentTarget } = event
  return button === 0 && !(metaKey || ctrlKey || shiftKey || altKey) && !currentTarget.target
}
