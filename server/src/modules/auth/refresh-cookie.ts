import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../../platform/errors.ts'

export interface RefreshCookieOptions {
  /** Marks the cookie `Secure` even where the request came by plain HTTP (TLS may end at a proxy). */
  secureCookies: boolean
  refreshTokenSeconds: number
  /** Origins, beside the server's own, whose pages may use the cookie. */
  corsOrigins: string[]
}

/** The cookie that holds the refresh token: HttpOnly, SameSite=Strict, sent to `/auth` only. */
export interface RefreshCookie {
  read(request: FastifyRequest): string | undefined
  set(request: FastifyRequest, reply: FastifyReply, refreshToken: string): void
  clear(request: FastifyRequest, reply: FastifyReply): void
  /** Throws 403 `forbidden` when a browser says that a foreign page sent this request. */
  requireOwnOrigin(request: FastifyRequest): void
}

export function createRefreshCookie(options: RefreshCookieOptions): RefreshCookie {
  const { secureCookies, refreshTokenSeconds, corsOrigins } = options

  const isSecure = (request: FastifyRequest) => secureCookies || request.protocol === 'https'
  // Browsers take a `__Secure-` cookie only from a secure page, so no plain-HTTP page can plant one (RFC 6265bis, 4.1.3).
  const nameFor = (request: FastifyRequest) => (isSecure(request) ? '__Secure-refresh_token' : 'refresh_token')
  const attributesFor = (request: FastifyRequest) => ({
    path: '/auth',
    httpOnly: true,
    sameSite: 'strict' as const,
    secure: isSecure(request),
  })

  return {
    read: (request) => request.cookies[nameFor(request)],
    set: (request, reply, refreshToken) => {
      reply.setCookie(nameFor(request), refreshToken, { ...attributesFor(request), maxAge: refreshTokenSeconds })
      // RFC 6749, section 5.1: no cache keeps an answer with tokens.
      reply.header('cache-control', 'no-store')
    },
    clear: (request, reply) => {
      reply.clearCookie(nameFor(request), attributesFor(request))
    },
    requireOwnOrigin: (request) => {
      const { origin } = request.headers
      if (origin === undefined || corsOrigins.includes(origin) || hostOf(origin) === request.host.toLowerCase()) return
      throw new AppError(
        'forbidden',
        'This request comes from a page of another site. Add it to CORS_ORIGINS to allow it.',
      )
    },
  }
}

/** Only the host is compared: a proxy that ends TLS makes `https` look like `http` here. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}
