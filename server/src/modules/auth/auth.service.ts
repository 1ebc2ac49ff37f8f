import type { User } from '@chatbot-platform/contract'
import type { Database } from '../../platform/database/database.ts'
import { AppError } from '../../platform/errors.ts'
import type { Passwords } from '../../platform/passwords.ts'
import { addressKey, type FailureLimit, type RateLimit } from '../../platform/rate-limit.ts'
import type { Scope } from '../../platform/scope.ts'
import type { AuditService } from '../audit/audit.service.ts'
import type { ConfirmPassword } from '../users/password-confirmation.service.ts'
import type { UsersService } from '../users/users.service.ts'
import { findSignInUser, lockUser, revokeFamilies, updatePasswordHash } from './auth.repository.ts'
import type { Authenticator } from './authenticator.ts'
import { refreshTokenInvalid, type SignIn, type TokensService } from './tokens.service.ts'

interface Deps {
  db: Pick<Database, 'identity'>
  audit: Pick<AuditService, 'recordAccount' | 'noteFailedSignIn'>
  passwords: Passwords
  tokens: TokensService
  users: Pick<UsersService, 'create'>
  authenticator: Authenticator
  confirmPassword: ConfirmPassword
  registration: 'open' | 'closed'
  /** Per client address. */
  attempts: RateLimit
  /** Wrong passwords. */
  failures: FailureLimit
  now: () => number
}

export interface AuthService {
  /** Throws 403 `registration_closed`, 409 `email_taken`, 429 `rate_limited`. `email` is in its stored form. */
  register(clientAddress: string, account: { email: string; password: string }): Promise<User>
  /** Throws 401 `invalid_credentials`, 403 `account_disabled` (only to who knows the password), 429 `rate_limited`. */
  login(clientAddress: string, credentials: { username: string; password: string }): Promise<SignIn>
  /** Throws 401 `refresh_token_invalid`. */
  refresh(refreshToken: string | undefined): Promise<SignIn>
  /** Ends the sign-ins that are presented, and with `all` every other of their users; never fails for want of one. */
  logout(presented: { refreshToken?: string; authorization?: string; all: boolean }): Promise<void>
  /** Ends every sign-in and begins a new one for this device. Throws 403 `forbidden` on a wrong password. */
  changePassword(
    scope: Scope,
    clientAddress: string,
    change: { current_password: string; new_password: string },
  ): Promise<SignIn>
}

export function createAuthService(deps: Deps): AuthService {
  const { db, audit, passwords, tokens, users, authenticator, confirmPassword, registration } = deps
  const { attempts, failures, now } = deps

  return {
    register: async (clientAddress, account) => {
      if (registration === 'closed') {
        throw new AppError('registration_closed', 'Registration is closed here. Ask the operator for an account.')
      }
      await attempts.take(addressKey(clientAddress))
      return users.create(account)
    },

    login: async (clientAddress, { username, password }) => {
      const email = username.trim().toLowerCase()
      const client = addressKey(clientAddress)
      await attempts.take(client)
      const verified = await failures.attempt(`${client} ${email}`, async () => {
        const user = await db.identity({ email }, (tx) => findSignInUser(tx, email))
        const { ok, needsRehash } = await passwords.verify(password, user?.passwordHash)
        if (ok && user !== undefined) return { user, needsRehash }
        if (user !== undefined) audit.noteFailedSignIn(user.id, clientAddress)
        return undefined
      })
      if (verified === undefined) throw invalidCredentials()
      const { user, needsRehash } = verified
      const rehashed = needsRehash && !user.disabled ? await rehash(passwords, password) : undefined
      return db.identity({ userId: user.id }, async (tx) => {
        const current = await lockUser(tx, user.id)
        if (current === undefined || current.passwordHash !== user.passwordHash) throw invalidCredentials()
        if (current.disabled) throw new AppError('account_disabled', 'This account is disabled. Ask the operator.')
        if (rehashed !== undefined) await updatePasswordHash(tx, user.id, rehashed)
        const signIn = await tokens.open(tx, user.id)
        await audit.recordAccount(tx, user.id, 'user.signed_in', { actorId: user.id, address: clientAddress })
        return signIn
      })
    },

    refresh: async (refreshToken) => {
      if (refreshToken === undefined) throw refreshTokenInvalid()
      return tokens.rotate(refreshToken)
    },

    logout: async ({ refreshToken, authorization, all }) => {
      const scope = await scopeIfAny(authenticator, authorization)
      if (refreshToken !== undefined) await tokens.revokeByToken(refreshToken, all)
      if (scope !== undefined) await tokens.revokeFamily(scope, all)
    },

    changePassword: async ({ userId }, clientAddress, { current_password, new_password }) => {
      const checkedHash = await confirmPassword(userId, clientAddress, current_password)
      const passwordHash = await passwords.hash(new_password)
      const { ended, signIn } = await db.identity({ userId }, async (tx) => {
        const current = await lockUser(tx, userId)
        if (current?.passwordHash !== checkedHash) {
          throw new AppError('conflict', 'The password was just changed elsewhere. Try again.')
        }
        await updatePasswordHash(tx, userId, passwordHash)
        const ended = await revokeFamilies(tx, userId, now())
        const signIn = await tokens.open(tx, userId)
        await audit.recordAccount(tx, userId, 'user.password_changed', { actorId: userId, address: clientAddress })
        return { ended, signIn }
      })
      authenticator.forgetFamilies(ended)
      return signIn
    },
  }
}

// The user is signed in either way; when too many hashes wait, the next sign-in does it.
async function rehash(passwords: Passwords, password: string): Promise<string | undefined> {
  try {
    return await passwords.hash(password)
  } catch (error) {
    if (error instanceof AppError && error.code === 'rate_limited') return undefined
    throw error
  }
}

async function scopeIfAny(authenticator: Authenticator, authorization: string | undefined): Promise<Scope | undefined> {
  try {
    return await authenticator.authenticate(authorization)
  } catch (error) {
    if (error instanceof AppError && error.code === 'unauthenticated') return undefined
    throw error
  }
}

// One answer for an unknown address and a wrong password.
function invalidCredentials(): AppError {
  return new AppError('invalid_credentials', 'The e-mail address or the password is wrong.', {
    headers: { 'www-authenticate': 'Bearer' },
  })
}
