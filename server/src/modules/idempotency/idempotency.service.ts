import type { Database, Tx } from '../../platform/database/database.ts'
import { AppError } from '../../platform/errors.ts'
import type { IdempotencyClaim, Scope } from '../../platform/scope.ts'
import { storeResponse, takeKey } from './idempotency.repository.ts'

interface Deps {
  db: Database
}

/**
 * Runs `work` in a tenant's transaction, once per key: a repeated claim gets the first answer again, which was recorded
 * in the same transaction as the work. Without a claim it simply runs. Work that throws leaves no trace of its key.
 * Throws 422 `idempotency_key_reused` when the key came with another body.
 */
export type Once = <T>(scope: Scope, claim: IdempotencyClaim | null, work: (tx: Tx) => Promise<T>) => Promise<T>

export function createOnce({ db }: Deps): Once {
  return (scope, claim, work) =>
    db.tenant(scope, async (tx) => {
      if (claim === null) return work(tx)
      const known = await takeKey(tx, scope, claim)
      if (known) {
        if (known.bodyHash !== claim.bodyHash) throw keyReused()
        return JSON.parse(known.response ?? 'null')
      }
      const result = await work(tx)
      await storeResponse(tx, scope, claim, JSON.stringify(result))
      return result
    })
}

export function keyReused(): AppError {
  return new AppError(
    'idempotency_key_reused',
    'This Idempotency-Key came with another request before. Use a new key for a new request.',
  )
}
