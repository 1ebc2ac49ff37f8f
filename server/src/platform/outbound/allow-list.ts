import { type AddressRange, parseRange } from './address-range.ts'

/** What the operator has opened beyond the public internet. */
export interface AllowList {
  ranges: readonly AddressRange[]
  /** Names as they stand in a parsed URL: in lower case, without a dot at the end. */
  hosts: ReadonlySet<string>
}

/** First and last port, both included. */
export type PortRange = readonly [number, number]

/** Entries are addresses, ranges (`10.0.0.0/8`) or host names. Throws for one that {@link isAllowEntry} refuses. */
export function parseAllowList(entries: readonly string[]): AllowList {
  const refused = entries.find((entry) => !isAllowEntry(entry))
  if (refused !== undefined) throw new Error(`${refused} is neither an address, a range nor a host name`)
  const ranges = entries.map(parseRange).filter((range) => range !== undefined)
  const hosts = entries.filter((entry) => !parseRange(entry)).map((entry) => entry.toLowerCase())
  return { ranges, hosts: new Set(hosts) }
}

export function isAllowEntry(entry: string): boolean {
  return parseRange(entry) !== undefined || isHostName(entry)
}

/** A list such as `80,443,8000-8999`; undefined where an entry is neither 80, 443 nor from 1024 on. */
export function parsePorts(list: string): PortRange[] | undefined {
  const ranges = list.split(',').map((part) => parsePortRange(part.trim()))
  return ranges.every((range) => range !== undefined) ? ranges : undefined
}

function parsePortRange(text: string): PortRange | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
  if (!match) return undefined
  const first = Number(match[1])
  const last = Number(match[2] ?? match[1])
  const isWebPort = first === last && (first === 80 || first === 443)
  return isWebPort || (first >= 1024 && first <= last && last <= 65_535) ? [first, last] : undefined
}

/** A name that a URL would keep as it is: no numbers that read as an address, no port, no path. */
function isHostName(text: string): boolean {
  return (
    /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(text) && URL.parse(`http://${text}/`)?.hostname === text.toLowerCase()
  )
}
