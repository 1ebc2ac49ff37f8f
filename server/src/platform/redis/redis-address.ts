/** Where Redis is, and as whom to sign in. */
export interface RedisAddress {
  /** One server, or some nodes of a cluster, which name the rest. */
  nodes: { host: string; port: number }[]
  isCluster: boolean
  /** By TLS. */
  isEncrypted: boolean
  username: string | undefined
  password: string | undefined
  /** Number of the logical database; a cluster has 0 alone. */
  database: number
}

const defaultPort = 6379

/**
 * Reads `redis://user:password@host:port/database` or `rediss://` for TLS; several, separated by commas, are nodes of a
 * cluster, and the first that names a user or a password does so for all. `undefined` for anything else.
 */
export function readRedisAddress(text: string): RedisAddress | undefined {
  const urls = text.split(',').map((part) => part.trim())
  if (!urls.every((url) => /^rediss?:\/\//.test(url) && URL.canParse(url))) return undefined
  const parsed = urls.map((url) => new URL(url))
  const [first] = parsed
  const isCluster = parsed.length > 1
  if (!first || parsed.some((url) => !isPlain(url) || url.protocol !== first.protocol)) return undefined
  const database = Number(first.pathname.slice(1))
  if (isCluster && parsed.some(({ pathname }) => Number(pathname.slice(1)) !== 0)) return undefined
  const login = parsed.find(({ username, password }) => username !== '' || password !== '')
  try {
    return {
      nodes: parsed.map(({ hostname, port }) => ({
        host: hostname.replace(/^\[|\]$/g, ''),
        port: port === '' ? defaultPort : Number(port),
      })),
      isCluster,
      isEncrypted: first.protocol === 'rediss:',
      username: login?.username ? decodeURIComponent(login.username) : undefined,
      password: login?.password ? decodeURIComponent(login.password) : undefined,
      database,
    }
  } catch {
    // A percent sign that begins no character.
    return undefined
  }
}

/** Parameters mean something different to every client, so none is taken for understood. */
function isPlain({ hostname, pathname, search, hash }: URL): boolean {
  return hostname !== '' && search === '' && hash === '' && /^\/?\d{0,5}$/.test(pathname)
}
