import { type CallInput, type Endpoint, fillPath, Problem, type ResponseOf } from '@chatbot-platform/contract'

/** An answer of the API that is not a success, with its problem document. */
export class ApiError extends Error {
  readonly problem: Problem
  readonly headers: Headers
  constructor(problem: Problem, headers: Headers) {
    super(`${problem.status} ${problem.code}: ${problem.detail}`)
    this.name = 'ApiError'
    this.problem = problem
    this.headers = headers
  }
}

/** Nobody answered, or the answer broke off on its way; `cause` is what the network said. */
export class ConnectionError extends Error {
  constructor(message = 'The server could not be reached.', options?: ErrorOptions) {
    super(message, options)
    this.name = 'ConnectionError'
  }
}

type Token = string | undefined

export interface ClientOptions {
  /** Address of the server, without a trailing slash, e.g. `http://localhost:8000`. */
  baseUrl: string
  /** The access token, or a function that gives the current one, if need be after getting it. */
  token?: string | (() => Token | Promise<Token>)
  /**
   * Asked when a call with this token is answered 401 `unauthenticated`: `true` once there is another token, with which
   * the call is then made again, once.
   */
  onUnauthenticated?: (token: string) => Promise<boolean>
  fetch?: typeof globalThis.fetch
}

export interface CallOptions {
  signal?: AbortSignal
  headers?: Record<string, string>
  /** Goes on when the page that asked is closed meanwhile; browsers limit its body to 64 KiB. */
  keepalive?: boolean
  /** Sends this one call in another way, such as one that tells how much of a large body has been sent. */
  fetch?: typeof globalThis.fetch
}

type Input<E extends Endpoint> = CallInput<E> & CallOptions

export interface ListPage<T> {
  items: T[]
  /** Opaque; pass it as `cursor` for the next page. Null on the last. */
  nextCursor: string | null
  /** The same for the page before; null on the first, and for lists that only go on. */
  prevCursor: string | null
}

export type Client = ReturnType<typeof createClient>

/**
 * A typed client over the contract: `client.call(contract.projects.create, { body: { name: 'Support' } })`. Every call
 * throws {@link ApiError} for an answer that is no success, {@link ConnectionError} where there was none, and the reason
 * of its signal when that aborts.
 */
export function createClient({ baseUrl, token, onUnauthenticated, fetch = globalThis.fetch }: ClientOptions) {
  return {
    /** Calls an endpoint and returns the body of its success. */
    async call<E extends Endpoint>(endpoint: E, input: Input<E>): Promise<ResponseOf<E>> {
      const response = await send(endpoint, input)
      if (response.status === 204) return undefined as ResponseOf<E>
      return (await bodyOf(response, input)) as ResponseOf<E>
    },

    /** Calls a list endpoint and reads the cursors of the pages beside it from its `Link` header. */
    async page<E extends Endpoint>(
      endpoint: E,
      input: Input<E>,
    ): Promise<ListPage<ResponseOf<E> extends (infer T)[] ? T : never>> {
      const response = await send(endpoint, input)
      type Item = ResponseOf<E> extends (infer T)[] ? T : never
      const link = response.headers.get('link')
      const items = (await bodyOf(response, input)) as Item[]
      return { items, nextCursor: cursorOf(link, 'next'), prevCursor: cursorOf(link, 'prev') }
    },

    /** The successful answer as it is, for streams. */
    send,
  }

  async function send<E extends Endpoint>(endpoint: E, input: Input<E>): Promise<Response> {
    const bearer = await currentToken()
    const response = await request(endpoint, input, bearer)
    if (response.ok) return response
    const error = new ApiError(await problemOf(response), response.headers)
    if (bearer === undefined || error.problem.code !== 'unauthenticated') throw error
    if (!(await onUnauthenticated?.(bearer))) throw error
    const second = await request(endpoint, input, await currentToken())
    if (!second.ok) throw new ApiError(await problemOf(second), second.headers)
    return second
  }

  async function currentToken(): Promise<Token> {
    return typeof token === 'function' ? token() : token
  }

  async function request<E extends Endpoint>(endpoint: E, input: Input<E>, bearer: Token): Promise<Response> {
    const { params, query, body, signal, headers, keepalive, fetch: own = fetch } = input as CallOptions & Parts
    const url = new URL(baseUrl + fillPath(endpoint.path, params))
    for (const [name, value] of Object.entries(query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value))
    const isJson = body !== undefined && (endpoint.bodyType ?? 'json') === 'json'
    const init = {
      method: endpoint.method,
      ...(signal ? { signal } : {}),
      ...(keepalive ? { keepalive } : {}),
      headers: {
        ...(bearer ? { authorization: `Bearer ${bearer}` } : {}),
        ...(isJson ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: encoded(body, endpoint.bodyType) }),
    }
    try {
      return await own(url, init)
    } catch (error) {
      if (signal?.aborted) throw error
      throw new ConnectionError(undefined, { cause: error })
    }
  }
}

function encoded(body: unknown, type: Endpoint['bodyType']): string | URLSearchParams | FormData {
  if (type === 'form') return new URLSearchParams(body as Record<string, string>)
  if (type !== 'multipart') return JSON.stringify(body)
  const form = new FormData()
  for (const [name, values] of Object.entries(body as Record<string, File | File[]>))
    for (const file of [values].flat()) form.append(name, file, file.name)
  return form
}

interface Parts {
  params?: Record<string, string>
  query?: Record<string, unknown>
  body?: unknown
}

async function bodyOf(response: Response, { signal }: CallOptions): Promise<unknown> {
  try {
    return await response.json()
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ConnectionError('The answer broke off, or was not one of this API.', { cause: error })
  }
}

async function problemOf(response: Response): Promise<Problem> {
  const parsed = Problem.safeParse(await response.json().catch(() => null))
  if (parsed.success) return parsed.data
  return {
    type: 'about:blank',
    title: response.statusText,
    status: response.status,
    detail: 'The answer was not one of this API; something between may have answered.',
    code: 'internal',
    request_id: response.headers.get('x-request-id') ?? '',
  }
}

/** The cursor of a page beside this one, in a `Link` header (RFC 8288) such as `</projects?cursor=x>; rel="next"`. */
function cursorOf(link: string | null, relation: 'next' | 'prev'): string | null {
  const target = link?.match(new RegExp(`<([^>]+)>;\\s*rel="${relation}"`))?.[1]
  return target ? new URL(target, 'http://relative').searchParams.get('cursor') : null
}
