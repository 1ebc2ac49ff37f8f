import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AppError } from '../errors.ts'
import type { App } from '../http/app.ts'
import { TelemetryError } from './optional-package.ts'

/** Metrics in the text format, as they are when asked for. */
export interface MetricsSource {
  text(): Promise<string>
  readonly contentType: string
}

export interface MetricsListener {
  port: number
  close(): Promise<void>
}

export interface ListenOptions {
  host: string
  port: number
  /** Asked for as a bearer token, where there is one. */
  token: string | null
  /** Of a process that serves nothing else: answers `GET /health/live` and `GET /health/ready`, for anybody. */
  isReady?: (() => Promise<boolean>) | undefined
}

/** Serves `GET /metrics` on a port of its own. Throws `TelemetryError` when the port is taken. */
export async function listenForScrapes(metrics: MetricsSource, options: ListenOptions): Promise<MetricsListener> {
  const { host, port, token, isReady } = options
  const server = createServer({ requestTimeout: 10_000, maxHeaderSize: 8192 }, (request, response) => {
    request.resume()
    const [path] = (request.url ?? '').split('?')
    if (isReady && path === '/health/live') return void response.writeHead(200).end('live')
    if (isReady && path === '/health/ready') {
      return void isReady().then((ready) => response.writeHead(ready ? 200 : 503).end(ready ? 'ready' : 'not ready'))
    }
    if (path !== '/metrics' || request.method !== 'GET') return void response.writeHead(404).end()
    if (token !== null && !isBearer(request.headers.authorization, token)) {
      return void response.writeHead(401, { 'www-authenticate': 'Bearer' }).end()
    }
    metrics.text().then(
      (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
      () => response.writeHead(500).end(),
    )
  })
  await listen(server, host, port)
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Serves `GET /metrics` beside the API, to whoever has the token. */
export function metricsRoute(app: App, metrics: MetricsSource, token: string): void {
  app.get('/metrics', { config: { access: 'public' } }, async (request, reply) => {
    if (!isBearer(request.headers.authorization, token)) {
      throw new AppError('unauthenticated', 'Send the metrics token as a bearer token.')
    }
    return reply
      .header('content-type', metrics.contentType)
      .header('cache-control', 'no-store')
      .send(await metrics.text())
  })
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(new TelemetryError(`METRICS_PORT: cannot listen on ${host}:${port} (${codeOf(error)})`, { cause: error }))
    })
    server.listen({ host, port }, resolve)
  })
}

function codeOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.name
}

/** Compares digests, which takes the same time wherever two tokens differ. */
function isBearer(authorization: string | undefined, token: string): boolean {
  const [, given = ''] = /^bearer +(\S+)$/i.exec(authorization ?? '') ?? []
  return timingSafeEqual(digest(given), digest(token))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
