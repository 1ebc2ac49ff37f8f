import { Client, type Dispatcher } from 'undici'
import { type AddressPolicy, createAddressPolicy } from './address-policy.ts'
import type { AllowList, PortRange } from './allow-list.ts'
import { createGuardedConnector } from './connect.ts'
import { outboundFailure } from './failure.ts'
import { OutboundError } from './outbound-error.ts'
import { acceptedEncodings, readBody, tooLarge } from './read-body.ts'
import { createResolve, type Resolve } from './resolve.ts'
import { headerOf, keptHeaders, mediaTypeOf, retryAfterMs } from './response-headers.ts'
import { parseTarget, redirectTarget } from './target.ts'

export interface OutboundRequest {
  /** Most bytes of the body, before and after decompression. */
  maxBytes: number
  /** For everything together: names, connections, redirects, body. */
  timeoutMs: number
  /** How long the server may keep silent; 10 seconds unless told. */
  idleTimeoutMs?: number
  /** Redirects that are followed, 0 to 5; 0 unless told. Each is parsed and checked like a new URL. */
  redirects?: number
  /** Media types that may come (`text/html`, `text/*`, or both); another is `content_type`, and its body is not read. */
  accept: readonly string[]
  userAgent: string
  /** Of an earlier answer: with either, the server may answer 304, which has no body. */
  etag?: string | null
  lastModified?: string | null
  signal?: AbortSignal
}

export interface OutboundResponse {
  /** Where the answer came from, after redirects. */
  url: string
  /** 2xx, or 304 to a conditional request. */
  status: number
  /** `content-type`, `content-language`, `etag`, `last-modified`, as far as they came. */
  headers: Record<string, string>
  /** Media type without its parameters, in lower case. */
  contentType: string | null
  body: Buffer
  /** Always: what does not fit into `maxBytes` is an error. */
  truncated: false
}

/** One GET of a URL that a user gave. Throws {@link OutboundError}, or the reason of `signal`. */
export type FetchGuarded = (url: string, request: OutboundRequest) => Promise<OutboundResponse>

export interface OutboundSettings {
  allow: AllowList
  ports: readonly PortRange[]
  /** Instead of the name servers of the system. */
  resolve?: Resolve
}

interface Guard {
  policy: AddressPolicy
  ports: readonly PortRange[]
  resolve: Resolve
}

const mostRedirects = 5
const maxHeaderBytes = 16 * 1024
const redirectStatuses = [301, 302, 303, 307, 308]

/**
 * The one way to ask a server that somebody outside named. It sends no cookies, no credentials and nothing of the
 * user's but the URL, keeps no connection, and reaches public addresses only, unless the operator has opened others.
 */
export function createGuardedFetch({ allow, ports, resolve }: OutboundSettings): FetchGuarded {
  const guard = { policy: createAddressPolicy(allow), ports, resolve: resolve ?? createResolve(allow.hosts) }
  return async (url, request) => {
    request.signal?.throwIfAborted()
    const timer = AbortSignal.timeout(request.timeoutMs)
    const signal = request.signal ? AbortSignal.any([timer, request.signal]) : timer
    try {
      return await followed(guard, url, request, signal)
    } catch (error) {
      request.signal?.throwIfAborted()
      throw outboundFailure(error, timer.aborted)
    }
  }
}

async function followed(guard: Guard, text: string, request: OutboundRequest, signal: AbortSignal) {
  let redirectsLeft = Math.min(request.redirects ?? 0, mostRedirects)
  let url = parseTarget(text, guard.ports)
  for (;;) {
    const answer = await askOnce(guard, url, request, signal)
    if (!(answer instanceof URL)) return answer
    if (redirectsLeft === 0) {
      const message = request.redirects ? 'The page redirects too often.' : 'The page redirects to another address.'
      throw new OutboundError('redirect_limit', message, { location: answer.href })
    }
    redirectsLeft -= 1
    url = answer
  }
}

/** One request on a connection of its own: the answer, or where it redirects to. */
async function askOnce(
  guard: Guard,
  url: URL,
  request: OutboundRequest,
  signal: AbortSignal,
): Promise<OutboundResponse | URL> {
  signal.throwIfAborted()
  const idleTimeoutMs = request.idleTimeoutMs ?? 10_000
  const client = new Client(url.origin, {
    connect: createGuardedConnector({ ...guard, signal }),
    // No pipelining also means `connection: close`.
    pipelining: 0,
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: idleTimeoutMs,
    bodyTimeout: idleTimeoutMs,
  })
  try {
    const path = url.pathname + url.search
    const response = await client.request({ path, method: 'GET', headers: headersOf(request), signal })
    response.body.on('error', () => undefined)
    return await answerOf(response, url, request, guard.ports)
  } finally {
    await client.destroy()
  }
}

async function answerOf(
  { statusCode: status, headers, body }: Dispatcher.ResponseData,
  url: URL,
  request: OutboundRequest,
  ports: readonly PortRange[],
): Promise<OutboundResponse | URL> {
  const location = headerOf(headers, 'location')
  if (redirectStatuses.includes(status) && location !== undefined) return redirectTarget(location, url, ports)
  const kept = { url: url.href, status, headers: keptHeaders(headers), contentType: mediaTypeOf(headers) }
  if (status === 304 && (request.etag || request.lastModified))
    return { ...kept, body: Buffer.alloc(0), truncated: false }
  if (status < 200 || status > 299 || status === 206) {
    const message = `The server answered with the status ${status}.`
    throw new OutboundError('http_status', message, { status, retryAfterMs: retryAfterMs(headers) })
  }
  if (!isAccepted(kept.contentType, request.accept)) {
    throw new OutboundError(
      'content_type',
      `This is ${kept.contentType ?? 'of an unknown type'}, which cannot be read.`,
    )
  }
  if (Number(headerOf(headers, 'content-length') ?? 0) > request.maxBytes) throw tooLarge(request.maxBytes)
  const bytes = await readBody(body, headerOf(headers, 'content-encoding'), request.maxBytes)
  return { ...kept, body: bytes, truncated: false }
}

function isAccepted(mediaType: string | null, accept: readonly string[]): boolean {
  return accept.some((one) => {
    if (one === '*/*' || one === mediaType) return true
    return one.endsWith('/*') && mediaType?.startsWith(one.slice(0, -1)) === true
  })
}

function headersOf(request: OutboundRequest): Record<string, string> {
  const headers: Record<string, string> = {
    'user-agent': request.userAgent,
    accept: request.accept.join(', '),
    'accept-encoding': acceptedEncodings,
  }
  if (request.etag) headers['if-none-match'] = request.etag
  if (request.lastModified) headers['if-modified-since'] = request.lastModified
  const unsafe = Object.keys(headers).find((name) => !/^[\x20-\x7e\x80-\xff]+$/.test(headers[name] ?? ''))
  if (unsafe) throw new TypeError(`The value for the header ${unsafe} holds characters that no header may hold.`)
  return headers
}
