import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../errors.ts'
import { whenClosed } from '../http/when-closed.ts'
import { addressKey } from '../rate-limit.ts'
import type { Scope } from '../scope.ts'
import type { RequestLimits } from './request-limits.ts'
import type { Standing, WindowLimit } from './window-counts.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The limit this request is nearest to. */
    standing: Standing | null
  }
  interface FastifyContextConfig {
    /** Whether the answer may be a stream, so that one of the caller's seats is taken while it is under way. */
    streams?: boolean
  }
}

/** What asks whether the server is alive, and files that a page needs: refusing these helps nobody. */
const free = /^\/(?:health|metrics|assets|favicon\.svg|start\.js)(?:[/?]|$)/

/** The headers that say where a request stands. */
export const limitHeaders = [
  'ratelimit',
  'ratelimit-policy',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
]

/** Before credentials are looked at: the limit of the address. To be called before the hook that authenticates. */
export function limitAddresses(app: FastifyInstance, { address, policy }: RequestLimits): void {
  app.decorateRequest('standing', null)
  if (!address) return
  app.addHook('onRequest', (request, reply, done) => {
    if (free.test(request.url)) return done()
    const refusal = taken(address, addressKey(request.ip), request)
    // The others are told further below, once.
    if (refusal || request.routeOptions.config.access !== 'user') tell(request, reply, policy)
    done(refusal)
  })
}

/** With them: the limits of the user, the workspace and the project, and the caps of open streams. */
export function limitPrincipals(app: FastifyInstance, limits: RequestLimits): void {
  const { user, workspace, project, policy } = limits
  app.addHook('onRequest', (request, reply, done) => {
    const { scope } = request
    if (scope === null) return done()
    const refusal =
      (user && taken(user, scope.userId, request)) || (workspace && taken(workspace, scope.workspaceId, request))
    tell(request, reply, policy)
    done(refusal || seated(limits, scope, request, reply))
  })
  if (!project) return
  // Once the body is parsed, which names the project of a turn.
  app.addHook('preHandler', (request, reply, done) => {
    const { scope, standing } = request
    const projectId = scope && projectOf(request)
    if (!scope || !projectId) return done()
    // With its workspace: a foreign id counts for nobody but its sender.
    const refusal = taken(project, `${scope.workspaceId} ${projectId}`, request)
    if (request.standing !== standing) tell(request, reply, policy)
    done(refusal)
  })
}

/** Takes one, remembers the limit that the request is nearest to, and returns the refusal where none is left. */
function taken(limit: WindowLimit, key: string, request: FastifyRequest): AppError | undefined {
  const standing = limit.take(key)
  const nearest = request.standing
  if (nearest === null || standing.remaining * nearest.limit <= nearest.remaining * standing.limit) {
    request.standing = standing
  }
  return standing.refused ? tooMany(standing) : undefined
}

/**
 * The fields of draft-ietf-httpapi-ratelimit-headers, both as its current revision has them (`RateLimit-Policy` and
 * `RateLimit`, revision 10) and as most clients know them (one field for each figure, revision 6).
 */
function tell({ standing }: FastifyRequest, reply: FastifyReply, policy: string): void {
  if (standing === null) return
  const { name, limit, remaining, resetMs } = standing
  const reset = Math.ceil(resetMs / 1000)
  reply.headers({
    'ratelimit-policy': policy,
    ratelimit: `"${name}";r=${remaining};t=${reset}`,
    'ratelimit-limit': limit,
    'ratelimit-remaining': remaining,
    'ratelimit-reset': reset,
  })
}

/** Takes a seat of the user and one of the workspace until the answer has ended or its reader has left. */
function seated(
  { userStreams, workspaceStreams }: RequestLimits,
  scope: Scope,
  request: FastifyRequest,
  reply: FastifyReply,
): AppError | undefined {
  if (request.routeOptions.config.streams !== true) return undefined
  const leave = userStreams?.open(scope.userId)
  if (leave === null) return tooManyStreams('user')
  const leaveWorkspace = workspaceStreams?.open(scope.workspaceId)
  if (leaveWorkspace === null) {
    leave?.()
    return tooManyStreams('workspace')
  }
  if (leave) whenClosed(reply.raw, leave)
  if (leaveWorkspace) whenClosed(reply.raw, leaveWorkspace)
  return undefined
}

function projectOf({ params, body }: FastifyRequest): string | undefined {
  const named =
    (params as { project_id?: unknown } | null)?.project_id ?? (body as { project_id?: unknown } | null)?.project_id
  return typeof named === 'string' ? named.toLowerCase() : undefined
}

function tooMany({ name, resetMs }: Standing): AppError {
  return new AppError('rate_limited', `Too many requests: the limit of this ${name} is reached. Wait a little.`, {
    retryAfterSeconds: Math.ceil(resetMs / 1000),
    members: { limit: name },
  })
}

function tooManyStreams(whose: 'user' | 'workspace'): AppError {
  const detail = `This ${whose} has too many answers open at once. Wait for one of them to end.`
  return new AppError('rate_limited', detail, { retryAfterSeconds: 1, members: { limit: `${whose}_streams` } })
}
