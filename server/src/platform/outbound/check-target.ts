import { isIP } from 'node:net'
import { createAddressPolicy } from './address-policy.ts'
import { blocked } from './connect.ts'
import type { OutboundSettings } from './fetch-guarded.ts'
import { parseTarget } from './target.ts'

/** The URL in the form in which it is asked for. Throws {@link OutboundError} for one that never would be. */
export type CheckTarget = (url: string) => string

/**
 * Tells at once what can be told of a URL without asking anybody: its form, its port, and an address that stands in it. What
 * a host name resolves to is checked when it is connected to, as it may be another by then.
 */
export function createTargetCheck({ allow, ports }: Pick<OutboundSettings, 'allow' | 'ports'>): CheckTarget {
  const policy = createAddressPolicy(allow)
  return (text) => {
    const url = parseTarget(text, ports)
    const address = literalAddress(url.hostname)
    if (address !== undefined && !policy.mayReach(address, url.hostname)) throw blocked()
    return url.href
  }
}

/** RFC 6761 §6.3: `localhost` and the names below it always are this machine. */
function literalAddress(hostname: string): string | undefined {
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return '127.0.0.1'
  const bare = hostname.replace(/^\[(.*)\]$/, '$1')
  return isIP(bare) === 0 ? undefined : bare
}
