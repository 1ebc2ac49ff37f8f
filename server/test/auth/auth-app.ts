import { pino } from 'pino'
import { type Accounts, type AccountsOptions, createAccounts } from '../../src/modules/auth/accounts.ts'
import { authRoutes } from '../../src/modules/auth/auth.routes.ts'
import { userRoutes } from '../../src/modules/users/users.routes.ts'
import { type Database, openDatabase } from '../../src/platform/database/database.ts'
import { withSession } from '../../src/platform/database/session.ts'
import { createHttpApp } from '../../src/platform/http/app.ts'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'
import { createDevice, type Device } from './device.ts'

export const secretKey = 'a key for tests that has forty-two characters'
export const password = 'correct horse battery'

/** The account routes on a database of their own, with a clock that tests move. */
export interface AuthApp {
  url: string
  db: Database
  accounts: Accounts
  clock: { nowMs: number }
  /** A browser without cookies or token. */
  device(): Device
  /** Registers `email` and signs in. */
  signedIn(email: string): Promise<Device>
  /** Another server process on the same database. */
  secondProcess(): Promise<AuthApp>
  /** Rows as a superuser sees them. */
  query(sql: string): Promise<Record<string, unknown>[]>
  close(): Promise<void>
}

export type AuthAppSettings = Partial<AccountsOptions['settings']> & { corsOrigins?: string[]; trustProxy?: boolean }

/** On a database of its own, or on a given one, which outlives it. */
export async function startAuthApp(settings: AuthAppSettings = {}, given?: TestDatabase): Promise<AuthApp> {
  const database = given ?? (await createTestDatabase())
  const drop = given ? async () => {} : database.drop
  return serve(database, settings, { nowMs: Date.now() }, drop)
}

async function serve(
  database: { runtimeUrl: string; superuserUrl: string },
  settings: AuthAppSettings,
  clock: { nowMs: number },
  drop: () => Promise<void>,
): Promise<AuthApp> {
  const logger = pino({ level: 'silent' })
  const db = openDatabase({ url: database.runtimeUrl, poolSize: 8, logger })
  const { corsOrigins = [], trustProxy = false, ...given } = settings
  const accounts = createAccounts({
    db,
    logger,
    secretKey,
    corsOrigins,
    passwordCost: 4,
    now: () => clock.nowMs,
    settings: {
      algorithm: 'HS256',
      accessTokenSeconds: 1800,
      refreshTokenSeconds: 30 * 86_400,
      registration: 'open',
      attemptsPerMinute: 10_000,
      secureCookies: false,
      ...given,
    },
  })
  const { authenticate } = accounts.authenticator
  const app = await createHttpApp({ logger, corsOrigins, trustProxy, production: false, authenticate })
  authRoutes(app, accounts.auth, accounts.refreshCookie)
  userRoutes(app, accounts.users, accounts.refreshCookie)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const device = () => createDevice(url)
  return {
    url,
    db,
    accounts,
    clock,
    device,
    signedIn: async (email) => {
      const one = device()
      await one.send('POST', '/auth/register', { email, password })
      await one.login(email, password)
      return one
    },
    secondProcess: () => serve(database, settings, clock, async () => {}),
    query: (sql) => withSession(database.superuserUrl, async (client) => (await client.query(sql)).rows),
    close: async () => {
      await app.close()
      await db.close()
      await drop()
    },
  }
}
