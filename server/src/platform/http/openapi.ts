import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { App } from './app.ts'
import { buildOpenApi } from './openapi-document.ts'
import { redocPage, swaggerPage, swaggerStart } from './openapi-pages.ts'

const { resolve } = createRequire(import.meta.url)

// `config: { access }` on every route: docs and the API document are for everybody, as the API itself decides who may act.
const open = { config: { access: 'public' as const } }

/**
 * Serves the API document at `/openapi.json`, Swagger UI at `/docs` and ReDoc at `/redoc`.
 * All of it comes from this origin, and each page's Content-Security-Policy allows it nothing else.
 */
export async function registerDocs(app: App): Promise<void> {
  const document = JSON.stringify(buildOpenApi())
  // Encapsulated, so that another use of the static plugin does not meet this one's decorations.
  await app.register(async (docs) => {
    await docs.register(fastifyStatic, { root: dirname(resolve('@fastify/swagger-ui/static/index.css')), serve: false })

    docs.get('/openapi.json', open, (_request, reply) =>
      reply.type('application/json; charset=utf-8').header('cache-control', 'no-cache').send(document),
    )

    for (const { path, html, policy } of [swaggerPage, redocPage]) {
      docs.get(path, open, (_request, reply) =>
        reply
          .type('text/html; charset=utf-8')
          .headers({ 'content-security-policy': policy, 'cache-control': 'no-cache' })
          .send(html),
      )
    }

    docs.get('/docs/start.js', open, (_request, reply) =>
      reply.type('text/javascript; charset=utf-8').header('cache-control', 'no-cache').send(swaggerStart),
    )

    for (const [path, module] of Object.entries(assets)) {
      const file = resolve(module)
      docs.get(path, open, (_request, reply) => reply.sendFile(file.slice(dirname(file).length + 1), dirname(file)))
    }
  })
}

/** The only files that are served, by address. */
const assets: Record<string, string> = {
  '/docs/swagger-ui.css': '@fastify/swagger-ui/static/swagger-ui.css',
  '/docs/swagger-ui-bundle.js': '@fastify/swagger-ui/static/swagger-ui-bundle.js',
  '/docs/favicon-32x32.png': '@fastify/swagger-ui/static/favicon-32x32.png',
  '/redoc/redoc.standalone.js': 'redoc/bundles/redoc.standalone.js',
}
