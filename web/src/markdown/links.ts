const maxUrlLength = 2048

/**
 * The address a link of an answer may lead to, in the browser's own spelling: http, https or mailto, with nothing hidden
 * before the host (`https://bank.example@elsewhere.example`). Undefined for everything else, relative addresses too.
 */
export function safeUrl(given: string): string | undefined {
  if (given.length > maxUrlLength) return undefined
  const url = URL.parse(given)
  if (!url) return undefined
  if (url.protocol === 'mailto:') return url.pathname.includes('@') ? url.href : undefined
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined
  return url.username === '' && url.password === '' ? url.href : undefined
}
