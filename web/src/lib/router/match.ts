/** The named parts of an address; those that may be left out are undefined where they are. */
export type Params = Readonly<Record<string, string | undefined>>

/**
 * Reads addresses of the form `/bots/:id/:part?`, where `*` at the end stands for anything. The returned function gives
 * the named parts of a path, or null for one of another form. A slash at the end and upper or lower case do not matter.
 */
export function createMatcher(form: string): (path: string) => Params | null {
  const names: string[] = []
  const parts = form
    .split('/')
    .filter(Boolean)
    .map((part) => patternOf(part, names))
  const pattern = new RegExp(`^${parts.join('')}/?$`, 'i')
  return (path) => {
    const found = pattern.exec(path)
    if (!found) return null
    return Object.fromEntries(names.map((name, index) => [name, decoded(found[index + 1])]))
  }
}

/** The pattern of one part with the slash before it; what it names is added to `names`. */
function patternOf(part: string, names: string[]): string {
  if (part === '*') return '(?:/.*)?'
  const [, name, isOptional] = /^:(\w+)(\?)?$/.exec(part) ?? []
  if (name === undefined) return `/${part}`
  names.push(name)
  return isOptional ? '(?:/([^/]+))?' : '/([^/]+)'
}

/** What no browser writes, as a lone `%`, stays as it is. */
function decoded(part: string | undefined): string | undefined {
  try {
    return part === undefined ? undefined : decodeURIComponent(part)
  } catch {
    return part
  }
}
