/**
 * A connection URL as an object. Understands what `pg` does and WHATWG URLs do not: a login without a host, as in
 * `postgresql://user:password@/db?host=/run/postgresql`.
 */
export function parseDatabaseUrl(url: string): URL {
  return new URL(url.replace(/^([\w+]+:\/\/)([^/?#]*@)?(?=[/?]|$)/, '$1$2localhost'))
}

/** The same server and login, another database. */
export function withDatabase(url: string, database: string): string {
  const changed = parseDatabaseUrl(url)
  changed.pathname = `/${encodeURIComponent(database)}`
  return changed.href
}

/** The same server and database, another login. */
export function withLogin(url: string, user: string, password: string): string {
  const changed = parseDatabaseUrl(url)
  changed.searchParams.delete('user')
  changed.searchParams.delete('password')
  changed.username = encodeURIComponent(user)
  changed.password = encodeURIComponent(password)
  return changed.href
}

/** The address without its password, for messages. */
export function addressOf(url: string): string {
  const { host, pathname, searchParams } = parseDatabaseUrl(url)
  return `${searchParams.get('host') ?? host}${decodeURIComponent(pathname)}`
}
