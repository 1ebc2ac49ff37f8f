import { lookup, Resolver } from 'node:dns/promises'

/** All addresses of a name, as text. Rejects when there are none. */
export type Resolve = (hostname: string) => Promise<string[]>

/**
 * Asks the name servers directly: the system's own resolver holds one of the process's few threads for as long as a
 * hostile name server keeps silent. Only names that the operator has opened go that way, for the sake of `/etc/hosts`.
 */
export function createResolve(ownNames: ReadonlySet<string>): Resolve {
  return async (hostname) => {
    if (ownNames.has(hostname)) return (await lookup(hostname, { all: true })).map(({ address }) => address)
    const resolver = new Resolver({ timeout: 2000, tries: 2 })
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
    const addresses = [v4, v6].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    if (addresses.length === 0) throw v4.status === 'rejected' ? v4.reason : new Error('the name has no address')
    return addresses
  }
}
