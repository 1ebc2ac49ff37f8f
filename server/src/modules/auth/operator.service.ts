import type { User } from '@chatbot-platform/contract'
import type { Database } from '../../platform/database/database.ts'
import { AppError } from '../../platform/errors.ts'
import type { Passwords } from '../../platform/passwords.ts'
import type { AuditService } from '../audit/audit.service.ts'
import type { UsersService } from '../users/users.service.ts'
import { findSignInUser, revokeFamilies, updateDisabled, updatePasswordHash } from './auth.repository.ts'

interface Deps {
  db: Pick<Database, 'identity'>
  audit: Pick<AuditService, 'recordAccount'>
  passwords: Pick<Passwords, 'hash'>
  users: Pick<UsersService, 'create'>
  now: () => number
}

/** What the operator may do to accounts from the command line. Addresses are in their stored form. */
export interface OperatorService {
  /** Works while registration is closed too. Throws 409 `email_taken`. */
  create(account: { email: string; password: string }): Promise<User>
  /** Sets a new password and ends every sign-in. Throws 404 `not_found`. */
  resetPassword(email: string, password: string): Promise<void>
  /** Disabling ends every sign-in, within five seconds on running servers. Throws 404 `not_found`. */
  setDisabled(email: string, disabled: boolean): Promise<void>
}

export function createOperatorService({ db, audit, passwords, users, now }: Deps): OperatorService {
  async function requireUserId(email: string): Promise<string> {
    const user = await db.identity({ email }, (tx) => findSignInUser(tx, email))
    if (user === undefined) throw new AppError('not_found', 'No account has this e-mail address.')
    return user.id
  }

  return {
    create: (account) => users.create(account),

    resetPassword: async (email, password) => {
      const userId = await requireUserId(email)
      const passwordHash = await passwords.hash(password)
      await db.identity({ userId }, async (tx) => {
        await updatePasswordHash(tx, userId, passwordHash)
        await revokeFamilies(tx, userId, now())
        await audit.recordAccount(tx, userId, 'user.password_reset', { actorId: null })
      })
    },

    setDisabled: async (email, disabled) => {
      const userId = await requireUserId(email)
      await db.identity({ userId }, async (tx) => {
        await updateDisabled(tx, userId, disabled)
        if (disabled) await revokeFamilies(tx, userId, now())
        await audit.recordAccount(tx, userId, disabled ? 'user.disabled' : 'user.enabled', { actorId: null })
      })
    },
  }
}
