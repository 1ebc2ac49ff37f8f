import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

export type Address = ReturnType<typeof ipaddr.parse>
/** An address and the number of its leading bits that count. */
export type AddressRange = [Address, number]

/** Undefined for anything but one plain address: other notations than the usual ones, zones, ports. */
export function parseAddress(text: string): Address | undefined {
  return isIP(text) === 0 || text.includes('%') ? undefined : ipaddr.parse(text)
}

/** Undefined for anything but `address` or `address/bits`. */
export function parseRange(text: string): AddressRange | undefined {
  const [prefix = '', bits, ...more] = text.split('/')
  const address = parseAddress(prefix)
  if (!address || more.length > 0) return undefined
  const most = address.kind() === 'ipv4' ? 32 : 128
  if (bits === undefined) return [address, most]
  return /^\d{1,3}$/.test(bits) && Number(bits) <= most ? [address, Number(bits)] : undefined
}

export function isWithin(address: Address, [network, bits]: AddressRange): boolean {
  return address.kind() === network.kind() && address.match(network, bits)
}
