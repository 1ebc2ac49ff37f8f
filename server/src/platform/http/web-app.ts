import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { App } from './app.ts'

const open = { config: { access: 'public' as const } }

/**
 * What the page may do: its own scripts, styles and images from this server, calls to this server, nothing inline, nothing
 * elsewhere. It is never framed and posts no forms.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // Images of messages are read with the access token, which an address cannot carry, and shown from memory.
  "img-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "trusted-types 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

/**
 * Serves the built web app: `/` and everything under `/app` is its page, whose own router takes over; the files under
 * `/assets` have their content's hash in their names and are kept for good. Without a build `/` leads to the API's
 * documentation.
 */
export async function registerWebApp(app: App, dir: string | undefined): Promise<void> {
  const html = dir && readPage(join(dir, 'index.html'))
  await app.register(async (web) => {
    if (!dir || !html) {
      web.get('/', open, (_request, reply) => reply.redirect('/docs', 302))
      return
    }
    for (const path of ['/', '/app', '/app/*']) {
      web.get(path, open, (_request, reply) =>
        reply
          .type('text/html; charset=utf-8')
          .headers({ 'content-security-policy': policy, 'cache-control': 'no-cache' })
          .send(html),
      )
    }
    const assets = join(dir, 'assets')
    // It would make a route without `access`; the one below has it.
    await web.register(fastifyStatic, {
      root: assets,
      serve: false,
      preCompressed: true,
      dotfiles: 'ignore',
      index: false,
    })
    web.get<{ Params: { '*': string } }>('/assets/*', open, ({ params }, reply) =>
      reply.sendFile(params['*'], assets, { maxAge: '365d', immutable: true }),
    )
    for (const file of ['favicon.svg', 'start.js']) {
      web.get(`/${file}`, open, (_request, reply) => reply.sendFile(file, dir, { maxAge: 0, immutable: false }))
    }
  })
}

function readPage(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
