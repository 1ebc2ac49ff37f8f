import { pino } from 'pino'
import { type Accounts, type AccountsOptions, createAccounts } from '../../src/modules/auth/accounts.ts'
import { authRoutes } from '../../src/modules/auth/auth.routes.ts'
import { userRoutes } from '../../src/modules/users/users.routes.ts'
import { type Database, openDatabase } from '../../src/platform/database/database.ts'
import { withSession } from '../../src/platform/database/session.ts'
import { createHttpApp } from '../../src/platform/http/app.ts'
import { createTestDatabase, type TestDatabase } from '../support/databases.ts'
import { startReplicas, throughReplicas } from '../support/replicas.ts'
import { createTestClock, type TestClock } from '../support/test-clock.ts'
import { unlimited } from '../support/unlimited.ts'
import { createDevice, type Device } from './device.ts'

export const secretKey = 'a key for tests that has forty-two characters'
export const password = 'correct horse battery'

/** The account routes on a database of their own, with a clock that tests move; with `TEST_REPLICAS` the whole servers. */
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
  const clock = createTestClock()
  return serve(database, settings, clock, async () => {
    clock.remove()
    await drop()
  })
}

async function serve(
  database: { runtimeUrl: string; superuserUrl: string },
  settings: AuthAppSettings,
  clock: TestClock,
  drop: () => Promise<void>,
): Promise<AuthApp> {
  const logger = pino({ level: 'silent' })
  const db = openDatabase({ url: database.runtimeUrl, poolSize: 8, logger })
  const accounts = accountsOf(db, settings, clock)
  const servers = await (throughReplicas
    ? serveByReplicas(database.runtimeUrl, settings, clock)
    : serveAlone(accounts, settings))
  const device = () => createDevice(servers.url)
  const app: AuthApp = {
    url: servers.url,
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
    // Behind nginx each request meets another one as it is.
    secondProcess: async () =>
      throughReplicas ? { ...app, close: async () => {} } : serve(database, settings, clock, async () => {}),
    query: (sql) => withSession(database.superuserUrl, async (client) => (await client.query(sql)).rows),
    close: async () => {
      await servers.stop()
      await db.close()
      await drop()
    },
  }
  return app
}

const defaults = {
  algorithm: 'HS256' as const,
  accessTokenSeconds: 1800,
  refreshTokenSeconds: 30 * 86_400,
  registration: 'open' as const,
  attemptsPerMinute: 10_000,
  secureCookies: false,
}

function accountsOf(db: Database, settings: AuthAppSettings, clock: TestClock): Accounts {
  const { corsOrigins = [], trustProxy: _, ...given } = settings
  const now = () => clock.nowMs
  const logger = pino({ level: 'silent' })
  return createAccounts({
    ...{ db, logger, secretKey, corsOrigins, passwordCost: 4, now },
    settings: { ...defaults, ...given },
  })
}

async function serveAlone(accounts: Accounts, { corsOrigins = [], trustProxy = false }: AuthAppSettings) {
  const { authenticate } = accounts.authenticator
  const logger = pino({ level: 'silent' })
  const app = await createHttpApp({ logger, corsOrigins, trustProxy, production: false, authenticate })
  authRoutes(app, accounts.auth, accounts.refreshCookie)
  userRoutes(app, accounts.users, accounts.refreshCookie)
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), stop: () => app.close() }
}

function serveByReplicas(databaseUrl: string, settings: AuthAppSettings, clock: TestClock) {
  const { corsOrigins = [], registration, attemptsPerMinute, secureCookies } = { ...defaults, ...settings }
  const env = {
    ...unlimited,
    NODE_ENV: secureCookies ? 'production' : 'test',
    PORT: '0',
    HOST: '127.0.0.1',
    LOG_LEVEL: 'silent',
    CORS_ORIGINS: corsOrigins.join(','),
    REGISTRATION: registration,
    AUTH_ATTEMPTS_PER_MINUTE: String(attemptsPerMinute),
  }
  return startReplicas({ env, given: { databaseUrl, secretKey, passwordCost: 4 }, clockFile: clock.file })
}
