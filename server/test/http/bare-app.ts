import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { AppError } from '../../src/platform/errors.ts'
import { type App, createHttpApp, type HttpOptions } from '../../src/platform/http/app.ts'
import { mintScope } from '../../src/platform/scope.ts'

/** The token that {@link startBareApp} takes. */
export const knownToken = 'known'

/** The HTTP layer with the given routes and nothing else behind it: no database, one known token. */
export async function startBareApp(
  bind: (app: App) => void | Promise<void>,
  patience?: HttpOptions['patience'],
): Promise<{ app: App; url: string }> {
  const app = await createHttpApp({
    logger: pino({ level: 'silent' }),
    corsOrigins: ['https://app.example.com'],
    trustProxy: false,
    production: false,
    ...(patience ? { patience } : {}),
    authenticate: (authorization) => {
      if (authorization !== `Bearer ${knownToken}`) throw new AppError('unauthenticated', 'Sign in first.')
      return mintScope({ workspaceId: 'workspace', userId: 'user', familyId: 'family' })
    },
  })
  await bind(app)
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { app, url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}` }
}
