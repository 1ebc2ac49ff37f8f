/** An answer with its body read. */
export interface Answer {
  status: number
  headers: Headers
  body: Record<string, unknown>
}

/** What a browser does for the account routes: keeps the refresh cookie, sends the access token it was given. */
export interface Device {
  /** The last access token, if any. */
  token: string | undefined
  /** `name=value` of the refresh cookie, if any. */
  cookie: string | undefined
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  login(username: string, password: string, headers?: Record<string, string>): Promise<Answer>
  refresh(headers?: Record<string, string>): Promise<Answer>
  /** The status of a request that needs the access token. */
  reach(): Promise<number>
}

export function createDevice(url: string): Device {
  const device: Device = {
    token: undefined,
    cookie: undefined,
    send: (method, path, body, headers = {}) =>
      call(method, path, body === undefined ? undefined : JSON.stringify(body), {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      }),
    login: (username, password, headers = {}) =>
      call('POST', '/auth/login', new URLSearchParams({ username, password }).toString(), {
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      }),
    refresh: (headers) => device.send('POST', '/auth/refresh', undefined, headers),
    reach: async () => (await device.send('GET', '/users/me')).status,
  }

  async function call(
    method: string,
    path: string,
    body: string | undefined,
    headers: Record<string, string>,
  ): Promise<Answer> {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(device.token === undefined ? {} : { authorization: `Bearer ${device.token}` }),
        ...(device.cookie === undefined ? {} : { cookie: device.cookie }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    })
    const text = await response.text()
    const parsed: Record<string, unknown> = text === '' ? {} : JSON.parse(text)
    remember(response, parsed)
    return { status: response.status, headers: response.headers, body: parsed }
  }

  function remember(response: Response, body: Record<string, unknown>): void {
    const cookie = response.headers.getSetCookie()[0]
    if (cookie !== undefined) device.cookie = cookie.includes('Max-Age=0') ? undefined : cookie.split(';')[0]
    if (typeof body.access_token === 'string') device.token = body.access_token
  }

  return device
}
