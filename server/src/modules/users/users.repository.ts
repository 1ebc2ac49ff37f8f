import { and, asc, eq, sql } from 'drizzle-orm'
import { type Tx, violatedUnique } from '../../platform/database/database.ts'
import { type UserRow, users } from './users.table.ts'
import { memberships, workspaces } from './workspaces.table.ts'

export interface NewAccount {
  userId: string
  workspaceId: string
  email: string
  passwordHash: string
}

/**
 * Makes a user with a personal workspace and its owner's membership; undefined when the address is taken. Needs an
 * identity transaction with both ids.
 */
export async function insertAccount(tx: Tx, account: NewAccount): Promise<UserRow | undefined> {
  const { userId, workspaceId, email, passwordHash } = account
  const [user] = await tx
    .insert(users)
    .values({ id: userId, email, passwordHash })
    .onConflictDoNothing({ target: users.email })
    .returning()
  if (user === undefined) return undefined
  await tx.insert(workspaces).values({ id: workspaceId, name: 'Personal' })
  await tx.insert(memberships).values({ workspaceId, userId, role: 'owner' })
  return user
}

/** Needs an identity transaction with this address. */
export async function findUserByEmail(tx: Tx, email: string): Promise<UserRow | undefined> {
  const [user] = await tx.select().from(users).where(eq(users.email, email))
  return user
}

/** Needs an identity transaction with this user. */
export async function findUser(tx: Tx, userId: string): Promise<UserRow | undefined> {
  const [user] = await tx.select().from(users).where(eq(users.id, userId))
  return user
}

/**
 * Changes the address while the password is still the one that was checked; undefined when it is not, or the user is
 * gone. Returns `'taken'` when another user has the address: the unique key sees rows that this transaction may not.
 */
export async function updateEmail(
  tx: Tx,
  userId: string,
  checkedHash: string,
  email: string,
): Promise<UserRow | 'taken' | undefined> {
  try {
    const [user] = await tx
      .update(users)
      .set({ email })
      .where(and(eq(users.id, userId), eq(users.passwordHash, checkedHash)))
      .returning()
    return user
  } catch (error) {
    if (violatedUnique(error) === 'users_email_key') return 'taken'
    throw error
  }
}

/** The workspaces of which a user is an owner. */
export async function findOwnedWorkspaces(tx: Tx, userId: string): Promise<string[]> {
  const rows = await tx
    .select({ id: memberships.workspaceId })
    .from(memberships)
    .where(and(eq(memberships.userId, userId), eq(memberships.role, 'owner')))
    .orderBy(asc(memberships.workspaceId))
  return rows.map((row) => row.id)
}

/**
 * Deletes a workspace with everything in it, unless someone else is a member too, and returns whether it did. Moves the transaction into that
 * workspace, which is what makes its row and its other members visible.
 */
export async function deleteWorkspaceOfOne(tx: Tx, workspaceId: string): Promise<boolean> {
  await tx.execute(sql`SELECT set_config('app.workspace_id', ${workspaceId}, true)`)
  // Locked first, so that nobody joins between the count and the deletion.
  await tx.select({ id: workspaces.id }).from(workspaces).where(eq(workspaces.id, workspaceId)).for('update')
  const members = await tx.$count(memberships, eq(memberships.workspaceId, workspaceId))
  if (members !== 1) return false
  await tx.delete(workspaces).where(eq(workspaces.id, workspaceId))
  return true
}

/** Deletes a user with the memberships and sign-ins; false when there was none. */
export async function deleteUser(tx: Tx, userId: string): Promise<boolean> {
  const rows = await tx.delete(users).where(eq(users.id, userId)).returning({ id: users.id })
  return rows.length > 0
}
