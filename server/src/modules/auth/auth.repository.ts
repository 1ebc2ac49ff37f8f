import { and, asc, desc, eq, inArray, isNotNull, isNull, lt, notExists, notInArray, or, sql } from 'drizzle-orm'
import type { Tx } from '../../platform/database/database.ts'
import { users } from '../users/users.table.ts'
import { memberships } from '../users/workspaces.table.ts'
import { refreshTokens, tokenFamilies } from './refresh-tokens.table.ts'

/** A refresh token as it is stored, its family and its user; times in milliseconds since 1970. */
export interface PresentedToken {
  userId: string
  familyId: string
  usedAtMs: number | undefined
  expiresAtMs: number
  /** The family is not revoked and the user may sign in. */
  live: boolean
}

/** Whose token this is. Needs an identity transaction with this hash. */
export async function findTokenOwner(
  tx: Tx,
  tokenHash: string,
): Promise<{ userId: string; familyId: string } | undefined> {
  const [row] = await tx
    .select({ userId: refreshTokens.userId, familyId: refreshTokens.familyId })
    .from(refreshTokens)
    .where(eq(refreshTokens.tokenHash, tokenHash))
  return row
}

/**
 * The token, locked so that its uses come one after the other. User and family are locked before it, in the order in
 * which a deletion takes them, so that neither vanishes under the rotation.
 */
export async function lockToken(
  tx: Tx,
  owner: { userId: string; familyId: string },
  tokenHash: string,
): Promise<PresentedToken | undefined> {
  const { userId, familyId } = owner
  const [user] = await tx.select().from(users).where(eq(users.id, userId)).for('key share')
  const [family] = await tx.select().from(tokenFamilies).where(eq(tokenFamilies.id, familyId)).for('key share')
  const [token] = await tx.select().from(refreshTokens).where(eq(refreshTokens.tokenHash, tokenHash)).for('update')
  if (user === undefined || family === undefined || token === undefined) return undefined
  return {
    userId,
    familyId,
    usedAtMs: token.usedAt?.getTime(),
    expiresAtMs: token.expiresAt.getTime(),
    live: family.revokedAt === null && !user.disabled,
  }
}

export async function markTokenUsed(tx: Tx, tokenHash: string, usedAtMs: number): Promise<void> {
  await tx
    .update(refreshTokens)
    .set({ usedAt: new Date(usedAtMs) })
    .where(eq(refreshTokens.tokenHash, tokenHash))
}

export interface NewToken {
  tokenHash: string
  familyId: string
  userId: string
  expiresAtMs: number
}

export async function insertToken(tx: Tx, { expiresAtMs, ...token }: NewToken): Promise<void> {
  await tx.insert(refreshTokens).values({ ...token, expiresAt: new Date(expiresAtMs) })
}

export async function insertFamily(tx: Tx, family: { id: string; userId: string }): Promise<void> {
  await tx.insert(tokenFamilies).values(family)
}

/** Removes a family's tokens that have expired. */
export async function deleteExpiredTokens(tx: Tx, familyId: string, nowMs: number): Promise<void> {
  await tx
    .delete(refreshTokens)
    .where(and(eq(refreshTokens.familyId, familyId), lt(refreshTokens.expiresAt, new Date(nowMs))))
}

/** Removes a user's families that are revoked or have only expired tokens, and all beyond the newest `kept`. */
export async function deleteEndedFamilies(tx: Tx, userId: string, nowMs: number, kept: number): Promise<void> {
  const unexpired = tx
    .select({ one: sql`1` })
    .from(refreshTokens)
    .where(and(eq(refreshTokens.familyId, tokenFamilies.id), sql`${refreshTokens.expiresAt} >= ${new Date(nowMs)}`))
  const newest = tx
    .select({ id: tokenFamilies.id })
    .from(tokenFamilies)
    .where(eq(tokenFamilies.userId, userId))
    .orderBy(desc(tokenFamilies.createdAt), desc(tokenFamilies.id))
    .limit(kept)
  await tx
    .delete(tokenFamilies)
    .where(
      and(
        eq(tokenFamilies.userId, userId),
        or(isNotNull(tokenFamilies.revokedAt), notExists(unexpired), notInArray(tokenFamilies.id, newest)),
      ),
    )
}

/** Revokes these families of a user, or all; returns the ids of those that were not revoked before. */
export async function revokeFamilies(tx: Tx, userId: string, nowMs: number, ids?: string[]): Promise<string[]> {
  const rows = await tx
    .update(tokenFamilies)
    .set({ revokedAt: new Date(nowMs) })
    .where(
      and(
        eq(tokenFamilies.userId, userId),
        isNull(tokenFamilies.revokedAt),
        ids === undefined ? undefined : inArray(tokenFamilies.id, ids),
      ),
    )
    .returning({ id: tokenFamilies.id })
  return rows.map((row) => row.id)
}

/** Who has this address, for a sign-in. Needs an identity transaction with it. */
export async function findSignInUser(
  tx: Tx,
  email: string,
): Promise<{ id: string; passwordHash: string; disabled: boolean } | undefined> {
  const [user] = await tx
    .select({ id: users.id, passwordHash: users.passwordHash, disabled: users.disabled })
    .from(users)
    .where(eq(users.email, email))
  return user
}

/** The password hash and state of a user, locked against changes until the transaction ends. */
export async function lockUser(
  tx: Tx,
  userId: string,
): Promise<{ passwordHash: string; disabled: boolean } | undefined> {
  const [user] = await tx
    .select({ passwordHash: users.passwordHash, disabled: users.disabled })
    .from(users)
    .where(eq(users.id, userId))
    .for('no key update')
  return user
}

export async function updatePasswordHash(tx: Tx, userId: string, passwordHash: string): Promise<void> {
  await tx.update(users).set({ passwordHash }).where(eq(users.id, userId))
}

export async function updateDisabled(tx: Tx, userId: string, disabled: boolean): Promise<void> {
  await tx.update(users).set({ disabled }).where(eq(users.id, userId))
}

/** The workspace a user works in: the first one, which is the personal one. */
export async function findHomeWorkspace(tx: Tx, userId: string): Promise<string | undefined> {
  const [row] = await tx
    .select({ id: memberships.workspaceId })
    .from(memberships)
    .where(eq(memberships.userId, userId))
    .orderBy(asc(memberships.createdAt), asc(memberships.workspaceId))
    .limit(1)
  return row?.id
}
