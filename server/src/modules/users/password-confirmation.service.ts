import type { Database } from '../../platform/database/database.ts'
import { AppError } from '../../platform/errors.ts'
import type { Passwords } from '../../platform/passwords.ts'
import { addressKey, type FailureLimit, type RateLimit } from '../../platform/rate-limit.ts'
import { findUser } from './users.repository.ts'

interface Deps {
  db: Pick<Database, 'identity'>
  passwords: Pick<Passwords, 'verify'>
  /** Per client address. */
  attempts: RateLimit
  /** Wrong passwords. */
  failures: FailureLimit
}

/**
 * Asks a signed-in user for the current password again and returns its stored hash, so that the change that follows can
 * insist that it is still the same. Throws 403 `forbidden` when it is wrong, 429 `rate_limited` before any hashing.
 */
export type ConfirmPassword = (userId: string, clientAddress: string, password: string) => Promise<string>

export function createPasswordConfirmation({ db, passwords, attempts, failures }: Deps): ConfirmPassword {
  return async (userId, clientAddress, password) => {
    await attempts.take(addressKey(clientAddress))
    const confirmed = await failures.attempt(`user ${userId}`, async () => {
      const user = await db.identity({ userId }, (tx) => findUser(tx, userId))
      const { ok } = await passwords.verify(password, user?.passwordHash)
      return ok ? user : undefined
    })
    if (confirmed === undefined) throw new AppError('forbidden', 'The current password is wrong.')
    return confirmed.passwordHash
  }
}
