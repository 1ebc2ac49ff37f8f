import type { PortRange } from './allow-list.ts'
import { OutboundError } from './outbound-error.ts'

const longestUrl = 4096

/**
 * The URL that is asked for: http or https, no user name or password, an allowed port, no fragment, a host without the
 * dot at its end. Whatever the text looked like, only this form is used from here on. Throws {@link OutboundError}.
 */
export function parseTarget(text: string, ports: readonly PortRange[], base?: URL): URL {
  const url = text.length > longestUrl ? null : URL.parse(text, base)
  if (!url || url.href.length > longestUrl) throw badUrl('This is not a complete web address.')
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw badUrl('Only addresses that begin with http:// or https:// can be read.')
  }
  if (url.username !== '' || url.password !== '') throw badUrl('The address must not hold a user name or password.')
  const host = url.hostname.replace(/\.$/, '')
  if (host === '' || host.split('.').includes('')) throw badUrl('The address has no valid host name.')
  url.hostname = host
  url.hash = ''
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  if (!ports.some(([first, last]) => port >= first && port <= last)) {
    throw badUrl(`Port ${port} is not open here; whoever runs this server can open it.`)
  }
  return url
}

/** Where a redirect from `url` leads. Throws {@link OutboundError}, also for one that gives up encryption. */
export function redirectTarget(location: string, url: URL, ports: readonly PortRange[]): URL {
  const next = parseTarget(location, ports, url)
  if (url.protocol === 'https:' && next.protocol === 'http:') {
    throw badUrl('The page redirects from https to http, which is not followed.')
  }
  return next
}

function badUrl(message: string): OutboundError {
  return new OutboundError('bad_url', message)
}
