import { and, eq, lt, sql } from 'drizzle-orm'
import type { Tx } from '../../platform/database/database.ts'
import type { IdempotencyClaim, Scope } from '../../platform/scope.ts'
import { idempotencyKeys } from './idempotency-keys.table.ts'

export interface KnownKey {
  bodyHash: string
  response: string | null
}

/**
 * Takes a key for this transaction, waiting for another one that is taking it; undefined when it is ours, else what it
 * stands for. A key older than 24 hours is taken anew.
 */
export async function takeKey(tx: Tx, scope: Scope, claim: IdempotencyClaim): Promise<KnownKey | undefined> {
  const fresh = { bodyHash: claim.bodyHash, response: null, createdAt: sql`now()` }
  const taken = await tx
    .insert(idempotencyKeys)
    .values({ workspaceId: scope.workspaceId, userId: scope.userId, route: claim.route, key: claim.key, ...fresh })
    .onConflictDoUpdate({
      target: [idempotencyKeys.workspaceId, idempotencyKeys.userId, idempotencyKeys.route, idempotencyKeys.key],
      set: fresh,
      setWhere: lt(idempotencyKeys.createdAt, sql`now() - interval '24 hours'`),
    })
    .returning({ key: idempotencyKeys.key })
  if (taken.length > 0) return undefined
  const [known] = await tx
    .select({ bodyHash: idempotencyKeys.bodyHash, response: idempotencyKeys.response })
    .from(idempotencyKeys)
    .where(ownKey(scope, claim))
  return known
}

export async function storeResponse(tx: Tx, scope: Scope, claim: IdempotencyClaim, response: string): Promise<void> {
  await tx.update(idempotencyKeys).set({ response }).where(ownKey(scope, claim))
}

function ownKey(scope: Scope, claim: IdempotencyClaim) {
  return and(
    eq(idempotencyKeys.workspaceId, scope.workspaceId),
    eq(idempotencyKeys.userId, scope.userId),
    eq(idempotencyKeys.route, claim.route),
    eq(idempotencyKeys.key, claim.key),
  )
}
