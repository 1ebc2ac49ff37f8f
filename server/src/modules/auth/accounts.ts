import type { Database } from '../../platform/database/database.ts'
import type { Limits } from '../../platform/limits/limits.ts'
import type { Logger } from '../../platform/logger.ts'
import { createPasswords } from '../../platform/passwords.ts'
import { createFailureLimit, createRateLimit } from '../../platform/rate-limit.ts'
import { type AuditService, createAuditService } from '../audit/audit.service.ts'
import { createPasswordConfirmation } from '../users/password-confirmation.service.ts'
import { createUsersService, type UsersService } from '../users/users.service.ts'
import { createAccessTokens } from './access-tokens.ts'
import { type AuthService, createAuthService } from './auth.service.ts'
import { type Authenticator, createAuthenticator } from './authenticator.ts'
import type { SignInNews } from './ended-sign-ins.ts'
import { createOperatorService, type OperatorService } from './operator.service.ts'
import { createRefreshCookie, type RefreshCookie } from './refresh-cookie.ts'
import { createTokensService } from './tokens.service.ts'

export interface AccountsOptions {
  db: Database
  logger: Logger
  /** Signs access tokens; at least 32 bytes. */
  secretKey: string
  settings: {
    /** The signing key before this one, whose tokens stay valid. */
    previousSecretKey?: string | undefined
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
  /** Deletes what is stored outside the database under a prefix; nothing unless given. */
  forgetFiles?: (prefix: string) => Promise<void>
  /** bcrypt's cost. */
  passwordCost?: number
  /** Counts attempts together with the other processes; alone without. */
  limits?: Pick<Limits, 'window'>
  /** Where processes tell each other which sign-ins have ended. */
  news?: SignInNews | undefined
}

export interface Accounts {
  audit: AuditService
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
  const { db, logger, secretKey, settings, corsOrigins, now = Date.now, passwordCost, news } = options
  const passwords = createPasswords({ cost: passwordCost })
  const limits = {
    attempts: createRateLimit({ points: settings.attemptsPerMinute, windowSeconds: 60 }, options.limits),
    failures: createFailureLimit(failures, options.limits),
  }
  const accessTokens = createAccessTokens({ ...settings, secretKey, now })
  const authenticator = createAuthenticator({ db, accessTokens, now, news })
  const { refreshTokenSeconds, registration } = settings
  const audit = createAuditService({ db, logger })
  const tokens = createTokensService({ db, audit, accessTokens, authenticator, refreshTokenSeconds, logger, now })
  const confirmPassword = createPasswordConfirmation({ db, passwords, ...limits })
  const users = createUsersService({
    db,
    audit,
    passwords,
    confirmPassword,
    forgetUser: authenticator.forgetUser,
    forgetFiles: options.forgetFiles ?? (async () => undefined),
  })
  const auth = createAuthService({
    ...limits,
    db,
    audit,
    passwords,
    tokens,
    users,
    authenticator,
    confirmPassword,
    registration,
    now,
  })
  return {
    audit,
    auth,
    users,
    operator: createOperatorService({ db, audit, passwords, users, now }),
    authenticator,
    refreshCookie: createRefreshCookie({ ...settings, corsOrigins }),
  }
}
