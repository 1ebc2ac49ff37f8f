/** Headers of an answer as undici hands them over: names in lower case, a list where one came several times. */
type Headers = Record<string, string | string[] | undefined>

const kept = ['content-type', 'content-language', 'etag', 'last-modified']

/** The first value under this name. */
export function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** What callers may see of an answer's headers. */
export function keptHeaders(headers: Headers): Record<string, string> {
  const entries = kept.map((name) => [name, headerOf(headers, name)] as const)
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined))
}

/** `text/html` of `Text/HTML; charset=utf-8`; null where the server names none. */
export function mediaTypeOf(headers: Headers): string | null {
  const type = headerOf(headers, 'content-type')?.split(';', 1)[0]?.trim().toLowerCase()
  return type || null
}

/** `Retry-After` in either form (RFC 9110 §10.2.3), in milliseconds from now; undefined where it says nothing usable. */
export function retryAfterMs(headers: Headers): number | undefined {
  const value = headerOf(headers, 'retry-after')?.trim()
  if (!value) return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const time = Date.parse(value)
  return Number.isNaN(time) ? undefined : Math.max(0, time - Date.now())
}
