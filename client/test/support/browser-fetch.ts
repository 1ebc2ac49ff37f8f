/** `fetch` with a cookie jar, as all tabs of a browser share one, and the record of what was asked. */
export interface BrowserFetch {
  fetch: typeof globalThis.fetch
  /** Method and path of each request, oldest first. */
  requests: string[]
  /** From now on nobody answers, or a proxy does with this status, until null is given. */
  trouble: 'offline' | number | null
  /** Runs while the answer to a request of this method and path is on its way, once. */
  during(request: string, work: () => Promise<unknown>): void
}

export function browserFetch(): BrowserFetch {
  const cookies = new Map<string, string>()
  const works = new Map<string, () => Promise<unknown>>()
  const browser: BrowserFetch = {
    requests: [],
    trouble: null,
    during: (request, work) => void works.set(request, work),
    async fetch(input, init) {
      const request = `${init?.method} ${new URL(String(input)).pathname}`
      browser.requests.push(request)
      if (browser.trouble === 'offline') throw new TypeError('Failed to fetch')
      if (browser.trouble !== null) return new Response('<h1>Bad gateway</h1>', { status: browser.trouble })
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const response = await fetch(input, { ...init, headers: { ...init?.headers, ...(cookie ? { cookie } : {}) } })
      const work = works.get(request)
      works.delete(request)
      await work?.()
      for (const line of response.headers.getSetCookie()) keep(cookies, line)
      return response
    },
  }
  return browser
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = ''] = line.split(';')
  const [name = '', value = ''] = pair.split('=')
  if (value === '' || /max-age=0|expires=thu, 01 jan 1970/i.test(line)) cookies.delete(name)
  else cookies.set(name, value)
}
