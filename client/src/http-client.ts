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

export interface ClientOptions {
  /** Address of the server, without a trailing slash, e.g. `http://localhost:8000`. */
  baseUrl: string
  /** The access token, or a function that gives the current one. */
  token?: string | (() => string | undefined)
  fetch?: typeof globalThis.fetch
}

export interface CallOptions {
  signal?: AbortSignal
  headers?: Record<string, string>
}

type Input<E extends Endpoint> = CallInput<E> & CallOptions

export interface ListPage<T> {
  items: T[]
  /** Opaque; pass it as `cursor` for the next page. Null on the last. */
  nextCursor: string | null
}

export type Client = ReturnType<typeof createClient>

/** A typed client over the contract: `client.call(contract.projects.create, { body: { name: 'Support' } })`. */
export function createClient({ baseUrl, token, fetch = globalThis.fetch }: ClientOptions) {
  return {
    /** Calls an endpoint and returns the body of its success; throws {@link ApiError} on any other answer. */
    async call<E extends Endpoint>(endpoint: E, input: Input<E>): Promise<ResponseOf<E>> {
      const response = await send(endpoint, input)
      if (response.status === 204) return undefined as ResponseOf<E>
      return (await response.json()) as ResponseOf<E>
    },

    /** Calls a list endpoint and reads the next page's cursor from its `Link` header. */
    async page<E extends Endpoint>(
      endpoint: E,
      input: Input<E>,
    ): Promise<ListPage<ResponseOf<E> extends (infer T)[] ? T : never>> {
      const response = await send(endpoint, input)
      type Item = ResponseOf<E> extends (infer T)[] ? T : never
      return { items: (await response.json()) as Item[], nextCursor: nextCursorOf(response.headers.get('link')) }
    },

    /** The successful answer as it is, for streams. */
    send,
  }

  async function send<E extends Endpoint>(endpoint: E, input: Input<E>): Promise<Response> {
    const { params, query, body, signal, headers } = input as CallOptions & Parts
    const bearer = typeof token === 'function' ? token() : token
    const url = new URL(baseUrl + fillPath(endpoint.path, params))
    for (const [name, value] of Object.entries(query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value))
    const response = await fetch(url, {
      method: endpoint.method,
      ...(signal ? { signal } : {}),
      headers: {
        ...(bearer ? { authorization: `Bearer ${bearer}` } : {}),
        ...(body !== undefined && endpoint.bodyType !== 'form' ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : {
            body:
              endpoint.bodyType === 'form' ? new URLSearchParams(body as Record<string, string>) : JSON.stringify(body),
          }),
    })
    if (!response.ok) throw new ApiError(await problemOf(response), response.headers)
    return response
  }
}

interface Parts {
  params?: Record<string, string>
  query?: Record<string, unknown>
  body?: unknown
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

function nextCursorOf(link: string | null): string | null {
  const target = link?.match(/<([^>]+)>;\s*rel="next"/)?.[1]
  return target ? new URL(target, 'http://relative').searchParams.get('cursor') : null
}
