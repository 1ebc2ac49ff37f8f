import { contract } from '@chatbot-platform/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../../platform/http/app.ts'
import { route } from '../../platform/http/route.ts'
import type { UsersService } from './users.service.ts'

interface SignInCookie {
  clear(request: FastifyRequest, reply: FastifyReply): void
}

export function userRoutes(app: App, users: UsersService, cookie: SignInCookie): void {
  route(app, contract.users.me, ({ scope }) => users.me(scope))
  route(app, contract.users.update, ({ scope, body, request }) => users.changeEmail(scope, request.ip, body))
  route(app, contract.users.remove, async ({ scope, request, reply }) => {
    await users.remove(scope)
    cookie.clear(request, reply)
    return undefined
  })
}
