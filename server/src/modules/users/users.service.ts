import type { User } from '@chatbot-platform/contract'
import type { Database } from '../../platform/database/database.ts'
import { AppError, notFound } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Passwords } from '../../platform/passwords.ts'
import type { Scope } from '../../platform/scope.ts'
import { createTurns } from '../../platform/turns.ts'
import type { AuditService } from '../audit/audit.service.ts'
import type { ConfirmPassword } from './password-confirmation.service.ts'
import {
  deleteUser,
  deleteWorkspaceOfOne,
  findOwnedWorkspaces,
  findUser,
  findUserByEmail,
  insertAccount,
  updateEmail,
} from './users.repository.ts'
import type { UserRow } from './users.table.ts'

interface Deps {
  db: Pick<Database, 'identity'>
  audit: Pick<AuditService, 'recordAccount'>
  passwords: Pick<Passwords, 'hash'>
  confirmPassword: ConfirmPassword
  /** Ends a user's access tokens on this process at once. */
  forgetUser: (userId: string) => void
  /** Deletes what is stored outside the database under this prefix; never rejects. */
  forgetFiles: (prefix: string) => Promise<void>
}

export interface UsersService {
  /** Makes an account with its personal workspace. `email` is in its stored form. Throws 409 `email_taken`. */
  create(account: { email: string; password: string }): Promise<User>
  me(scope: Scope): Promise<User>
  /** Throws 403 `forbidden` on a wrong password, 409 `email_taken`. */
  changeEmail(scope: Scope, clientAddress: string, change: { email: string; current_password: string }): Promise<User>
  /** Deletes the user, every sign-in, and the workspaces nobody else is a member of, with all they hold. */
  remove(scope: Scope): Promise<void>
}

export function createUsersService({
  db,
  audit,
  passwords,
  confirmPassword,
  forgetUser,
  forgetFiles,
}: Deps): UsersService {
  const oneByOne = createTurns()

  async function create({ email, password }: { email: string; password: string }): Promise<User> {
    const existing = await db.identity({ email }, (tx) => findUserByEmail(tx, email))
    if (existing !== undefined) throw emailTaken()
    const passwordHash = await passwords.hash(password)
    const userId = newId()
    const workspaceId = newId()
    // The unique key decides: another process may have been faster.
    const user = await db.identity({ userId, workspaceId, email }, (tx) =>
      insertAccount(tx, { userId, workspaceId, email, passwordHash }),
    )
    if (user === undefined) throw emailTaken()
    return toUser(user)
  }

  return {
    // In turn for each address, so that all but the first find it taken and spend no hash.
    create: (account) => oneByOne(account.email, () => create(account)),

    me: async ({ userId }) => {
      const user = await db.identity({ userId }, (tx) => findUser(tx, userId))
      if (user === undefined) throw notFound('user')
      return toUser(user)
    },

    changeEmail: async ({ userId }, clientAddress, { email, current_password }) => {
      const checkedHash = await confirmPassword(userId, clientAddress, current_password)
      const changed = await db.identity({ userId }, async (tx) => {
        const user = await updateEmail(tx, userId, checkedHash, email)
        if (user === undefined || user === 'taken') return user
        await audit.recordAccount(tx, userId, 'user.email_changed', { actorId: userId, address: clientAddress })
        return user
      })
      if (changed === 'taken') throw emailTaken()
      if (changed === undefined) throw new AppError('conflict', 'The password was just changed elsewhere. Try again.')
      return toUser(changed)
    },

    remove: async ({ userId }) => {
      const gone: string[] = []
      const deleted = await db.identity({ userId }, async (tx) => {
        for (const workspaceId of await findOwnedWorkspaces(tx, userId)) {
          if (await deleteWorkspaceOfOne(tx, workspaceId)) gone.push(workspaceId)
        }
        return deleteUser(tx, userId)
      })
      forgetUser(userId)
      for (const workspaceId of gone) await forgetFiles(`${workspaceId}/`)
      if (!deleted) throw notFound('user')
    },
  }
}

function toUser({ id, email, createdAt }: UserRow): User {
  return { id, email, created_at: createdAt.toISOString() }
}

function emailTaken(): AppError {
  return new AppError('email_taken', 'An account with this e-mail address exists already.')
}
