import ipaddr from 'ipaddr.js'
import { type Address, type AddressRange, isWithin, parseAddress, parseRange } from './address-range.ts'
import type { AllowList } from './allow-list.ts'

export type AddressPolicy = ReturnType<typeof createAddressPolicy>

/**
 * Decides which addresses may be connected to: those of the public internet, and what the operator has opened. The
 * credentials that clouds hand out on link-local and similar addresses stay closed whatever is opened.
 */
export function createAddressPolicy(allow: AllowList) {
  /** `address` is what would be, or is, connected to; `hostname` the name in the URL that it was resolved from. */
  function mayReach(address: string, hostname: string): boolean {
    const parsed = parseAddress(address)
    if (!parsed) return false
    const target = withoutDisguise(parsed)
    if (neverOpened.some((range) => isWithin(target, range))) return false
    return isPublic(target) || allow.hosts.has(hostname) || allow.ranges.some((range) => isWithin(target, range))
  }

  return { mayReach }
}

/**
 * Where credentials are handed out to whoever asks: link-local addresses (AWS, Google, Azure, Oracle, OpenStack), and
 * the ones that clouds chose elsewhere.
 */
const neverOpened = [
  '169.254.0.0/16',
  'fe80::/10',
  'fd00:ec2::/32', // AWS, https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
  'fd20:ce::254', // Google Cloud
  '168.63.129.16', // Azure, https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
  '100.100.100.200', // Alibaba Cloud
  '192.0.0.192', // Oracle Cloud Classic
].map(requireRange)

/** What IANA has assigned for global unicast; everything outside is special in one way or another. */
const globalUnicast = requireRange('2000::/3')

/** IPv6 addresses that are another way to write an IPv4 one: mapped (RFC 4291), and translated by NAT64 (RFC 6052). */
const disguises = ['::ffff:0:0/96', '64:ff9b::/96'].map(requireRange)

function withoutDisguise(address: Address): Address {
  if (!disguises.some((range) => isWithin(address, range))) return address
  return ipaddr.fromByteArray(address.toByteArray().slice(12))
}

/**
 * True for addresses of the public internet. `unicast` is what ipaddr.js calls an address of none of the special ranges
 * of IANA's registries, tunnels that hide an IPv4 address (6to4, Teredo) among them.
 */
function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false
  return address.kind() === 'ipv4' || (isWithin(address, globalUnicast) && !isIsatap(address))
}

/** The lower half of an ISATAP address (RFC 5214) holds an IPv4 one, which may be private. */
function isIsatap(address: Address): boolean {
  const [a, b, c, d] = address.toByteArray().slice(8)
  return (a === 0 || a === 2) && b === 0 && c === 0x5e && d === 0xfe
}

function requireRange(text: string): AddressRange {
  const range = parseRange(text)
  if (!range) throw new Error(`${text} is not a range`)
  return range
}
