import type { Database } from '../../platform/database/database.ts'
import type { Logger } from '../../platform/logger.ts'
import { createPasswords } from '../../platform/passwords.ts'
import { createFailureLimit, createRateLimit } from '../../platform/rate-limit.ts'
import { createPasswordConfirmation } from '../users/password-confirmation.service.ts'
import { createUsersService, type UsersService } from '../users/users.service.ts'
import { createAccessTokens } from './access-tokens.ts'
import { type AuthService, createAuthService } from './auth.service.ts'
import { type Authenticator, createAuthenticator } from './authenticator.ts'
import { createOperatorService, type OperatorService } from './operator.service.ts'
import { createRefreshCookie, type RefreshCookie } from './refresh-cookie.ts'
import { createTokensService } from './tokens.service.ts'

export interface AccountsOptions {
  db: Database
  logger: Logger
  /** Signs access tokens; at least 32 bytes. */
  secretKey: string
  settings: {
    algorithm: 'HS256' | 'HS384' | 'HS512'
    accessTokenSeconds: number
    refreshTokenSeconds: number
    registration: 'open' | 'closed'
    attemptsPerMinute: number
    secureCookies: boolean
  }
  /** Origins, beside the server's own, whose pages may use the refresh cookie. */
  corsOrigins: string[]
  /** The clock of tokens and sign-ins, milliseconds since 1970. */
  now?: () => number
  /** bcrypt's cost. */
  passwordCost?: number
}

export interface Accounts {
  auth: AuthService
  users: UsersService
  operator: OperatorService
  authenticator: Authenticator
  refreshCookie: RefreshCookie
}

/** Wrong passwords a client may try on one account before it has to wait. */
const failures = { points: 10, windowSeconds: 15 * 60 }

/** Puts together everything about accounts: one password queue, one set of limits, one authenticator. */
export function createAccounts(options: AccountsOptions): Accounts {
  const { db, logger, secretKey, settings, corsOrigins, now = Date.now, passwordCost } = options
  const passwords = createPasswords({ cost: passwordCost })
  const limits = {
    attempts: createRateLimit({ points: settings.attemptsPerMinute, windowSeconds: 60 }),
    failures: createFailureLimit(failures),
  }
  const accessTokens = createAccessTokens({ ...settings, secretKey, now })
  const authenticator = createAuthenticator({ db, accessTokens, now })
  const { refreshTokenSeconds, registration } = settings
  const tokens = createTokensService({ db, accessTokens, authenticator, refreshTokenSeconds, logger, now })
  const confirmPassword = createPasswordConfirmation({ db, passwords, ...limits })
  const users = createUsersService({ db, passwords, confirmPassword, forgetUser: authenticator.forgetUser })
  const auth = createAuthService({
    ...limits,
    db,
    passwords,
    tokens,
    users,
    authenticator,
    confirmPassword,
    registration,
    now,
  })
  return {
    auth,
    users,
    operator: createOperatorService({ db, passwords, users, now }),
    authenticator,
    refreshCookie: createRefreshCookie({ ...settings, corsOrigins }),
  }
}
