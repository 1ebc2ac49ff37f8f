import { contract } from '@chatbot-platform/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../../platform/errors.ts'
import type { App } from '../../platform/http/app.ts'
import { route } from '../../platform/http/route.ts'
import type { AuthService } from './auth.service.ts'
import type { RefreshCookie } from './refresh-cookie.ts'
import type { SignIn } from './tokens.service.ts'

export function authRoutes(app: App, auth: AuthService, cookie: RefreshCookie): void {
  route(app, contract.auth.register, ({ body, request }) => auth.register(request.ip, body))

  route(app, contract.auth.login, async ({ body, request, reply }) => {
    cookie.requireOwnOrigin(request)
    return answer(request, reply, await auth.login(request.ip, body))
  })

  route(app, contract.auth.refresh, async ({ request, reply }) => {
    cookie.requireOwnOrigin(request)
    try {
      return answer(request, reply, await auth.refresh(cookie.read(request)))
    } catch (error) {
      if (error instanceof AppError && error.code === 'refresh_token_invalid') cookie.clear(request, reply)
      throw error
    }
  })

  route(app, contract.auth.logout, async ({ query, request, reply }) => {
    cookie.requireOwnOrigin(request)
    await auth.logout({
      refreshToken: cookie.read(request),
      authorization: request.headers.authorization,
      all: query.all,
    })
    cookie.clear(request, reply)
    return undefined
  })

  route(app, contract.auth.password, async ({ scope, body, request, reply }) =>
    answer(request, reply, await auth.changePassword(scope, request.ip, body)),
  )

  function answer(request: FastifyRequest, reply: FastifyReply, { token, refreshToken }: SignIn) {
    cookie.set(request, reply, refreshToken)
    return token
  }
}
