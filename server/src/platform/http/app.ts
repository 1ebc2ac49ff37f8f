import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Access } from '@chatbot-platform/contract'
import cookie from '@fastify/cookie'
import cors from '@fastify/cors'
import formbody from '@fastify/formbody'
import helmet from '@fastify/helmet'
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { AppError } from '../errors.ts'
import { newId } from '../ids.ts'
import { limitAddresses, limitHeaders, limitPrincipals } from '../limits/limit-requests.ts'
import { noRequestLimits, type RequestLimits } from '../limits/request-limits.ts'
import type { Logger } from '../logger.ts'
import type { Scope } from '../scope.ts'
import { refuseConnection, sendProblem } from './problem.ts'

export type App = FastifyInstance

declare module 'fastify' {
  interface FastifyRequest {
    /** Who acts; set before the handler of an endpoint with access `user` runs. */
    scope: Scope | null
  }
  interface FastifyContextConfig {
    access?: Access
    bodyType?: 'json' | 'form' | 'multipart'
  }
}

export interface HttpOptions {
  logger: Logger
  corsOrigins: string[]
  trustProxy: boolean
  production: boolean
  /** As long as {@link patience} unless given. */
  patience?: Partial<typeof patience>
  /** Resolves the `Authorization` header to a scope, or throws 401. Synchronous where it can be: it runs on every request. */
  authenticate: (authorization: string | undefined) => Scope | Promise<Scope>
  /** None unless given. */
  limits?: RequestLimits
  /** Answers a request before anything else looks at it; false where it is for others to answer. */
  early?: (request: IncomingMessage, response: ServerResponse) => boolean
  /** Adds hooks that come before all others. */
  observe?: (app: App) => void
}

const bodyLimitBytes = 1024 * 1024

/** Headers that pages of other origins may read, beside those of the limits. */
const exposed = ['content-disposition', 'link', 'location', 'preference-applied', 'retry-after', 'x-request-id']

/**
 * How long a sender may take, in milliseconds; looked after every `checkMs`, so that slow ones go soon after. Uploads have a
 * time of their own, and are also given up where they fall silent.
 */
const patience = { headersMs: 30_000, requestMs: 60_000, uploadMs: 1_200_000, checkMs: 5000 }

/**
 * The HTTP server without routes: ids, security headers, CORS, problem answers, and the rule that every route declares
 * its access. Limits: bodies of 1 MiB, headers of 16 KiB, 30 s to send the headers, 60 s to send the request, unless it
 * is an upload.
 */
export async function createHttpApp(options: HttpOptions): Promise<App> {
  const { headersMs, requestMs, uploadMs, checkMs } = { ...patience, ...options.patience }
  const app = fastify({
    loggerInstance: options.logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: newId,
    bodyLimit: bodyLimitBytes,
    trustProxy: options.trustProxy,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
    serverFactory: (handle) =>
      createServer(
        {
          maxHeaderSize: 16 * 1024,
          headersTimeout: headersMs,
          // Node knows one time for all; the shorter one of most requests is `limitSending`'s.
          requestTimeout: uploadMs,
          connectionsCheckingInterval: checkMs,
          keepAliveTimeout: 72_000,
        },
        (request, response) => options.early?.(request, response) || handle(request, response),
      ),
    frameworkErrors: sendProblem,
    clientErrorHandler: refuseConnection,
  })
  // Fastify reads text/plain out of the box; here it is a wrong media type, and one a foreign form could send.
  app.removeContentTypeParser('text/plain')
  app.setValidatorCompiler((schema) => {
    const validate = validatorCompiler(schema as Parameters<typeof validatorCompiler>[0])
    // Fastify hands an absent body over as `null`; a schema may have a default for it.
    return (data: unknown) => validate(data ?? undefined)
  })
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler(sendProblem)
  app.setNotFoundHandler((request) => {
    throw new AppError(
      'not_found',
      `There is nothing at ${request.method} ${request.url.split('?')[0]?.slice(0, 200)}.`,
    )
  })
  app.decorateRequest('scope', null)
  options.observe?.(app)
  requireAccess(app)
  limitSending(app, requestMs)
  limitAddresses(app, options.limits ?? noRequestLimits)
  authenticateFirst(app, options.authenticate)
  limitPrincipals(app, options.limits ?? noRequestLimits)
  logRequests(app)
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
    },
    strictTransportSecurity: options.production,
    crossOriginResourcePolicy: { policy: 'same-origin' },
  })
  await app.register(cookie)
  await app.register(formbody, { bodyLimit: 16 * 1024 })
  if (options.corsOrigins.length > 0) {
    await app.register(cors, {
      origin: options.corsOrigins,
      credentials: true,
      methods: ['GET', 'POST', 'PATCH', 'DELETE'],
      exposedHeaders: [...limitHeaders, ...exposed],
      maxAge: 600,
    })
  }
  return app
}

/** A route that does not say who may call it stops the start. */
function requireAccess(app: App): void {
  app.addHook('onRoute', (route) => {
    // What CORS answers to browsers; it acts on nothing.
    if (route.method === 'OPTIONS') return
    if (route.config?.access === undefined) throw new Error(`route ${route.method} ${route.url} declares no access`)
  })
}

/** Credentials come before parsing, so that a stranger learns nothing about what a valid request looks like. */
function authenticateFirst(app: App, authenticate: HttpOptions['authenticate']): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    if (request.routeOptions.config.access !== 'user') return done()
    try {
      const scope = authenticate(request.headers.authorization)
      if (!(scope instanceof Promise)) {
        request.scope = scope
        return done()
      }
      scope.then((resolved) => {
        request.scope = resolved
        done()
      }, done)
    } catch (error) {
      done(error as Error)
    }
  })
  app.addHook('preParsing', (request, _reply, payload, done) => {
    const wanted = request.method === 'GET' ? undefined : request.routeOptions.config.bodyType
    const sent = request.headers['content-type']?.toLowerCase()
    if (sent === undefined || wanted === undefined) return done(null, payload)
    const isForm = sent.startsWith(mediaTypes.form)
    const isWanted = wanted === 'multipart' ? sent.startsWith(mediaTypes.multipart) : isForm === (wanted === 'form')
    if (isWanted || request.headers['content-length'] === '0') return done(null, payload)
    done(new AppError('unsupported_media_type', `Send the body as ${mediaTypes[wanted]}.`))
  })
}

/** How long the rest of an upload may take that was answered already. */
const lingerMs = 30_000

const mediaTypes = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  multipart: 'multipart/form-data',
}

/** Cuts off whoever takes too long to send a body that is not an upload. */
function limitSending(app: App, requestMs: number): void {
  app.addHook('onRequest', ({ raw, headers, routeOptions }, reply, done) => {
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
    if (hasBody && routeOptions.config.bodyType !== 'multipart') {
      const refuse = () => {
        if (raw.complete) return
        if (reply.raw.headersSent) raw.socket.destroy()
        else refuseConnection(new Error('the body took too long'), raw.socket)
      }
      const late = setTimeout(refuse, requestMs).unref()
      raw.once('close', () => clearTimeout(late))
    }
    // Of an upload that was refused the rest is passed over, for a sender that reads the answer only afterwards.
    if (hasBody && routeOptions.config.bodyType === 'multipart') {
      reply.raw.once('finish', () => {
        if (!raw.complete) setTimeout(() => raw.complete || raw.socket.destroy(), lingerMs).unref()
      })
    }
    done()
  })
}

function logRequests(app: App): void {
  app.addHook('onResponse', (request, reply, done) => {
    request.log.info(
      {
        method: request.method,
        route: request.routeOptions.url,
        status: reply.statusCode,
        duration_ms: Math.round(reply.elapsedTime * 10) / 10,
        workspace_id: request.scope?.workspaceId,
      },
      'request',
    )
    done()
  })
}
