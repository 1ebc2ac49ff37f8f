declare const minted: unique symbol

/**
 * Who acts, and in which workspace. Every tenant-owned read and write takes one, so a query without a tenant does not
 * compile. Only the authenticator makes them ({@link mintScope}).
 */
export interface Scope {
  readonly workspaceId: string
  readonly userId: string
  /** The sign-in (refresh-token family) this request came through. */
  readonly familyId: string
  readonly [minted]: true
}

/** What an `Idempotency-Key` header claims: this work, once. */
export interface IdempotencyClaim {
  /** Method and path of the request. */
  readonly route: string
  readonly key: string
  /** SHA-256 of the request's body, hex. */
  readonly bodyHash: string
}

/** For the authenticator alone, after it has verified the credentials. */
export function mintScope(who: { workspaceId: string; userId: string; familyId: string }): Scope {
  return who as Scope
}

/** The user of work that nobody waits for; no rows belong to it. */
const nobody = '00000000-0000-0000-0000-000000000000'

/** For jobs: acts in the workspace that its payload names, in nobody's name. */
export function jobScope(workspaceId: string): Scope {
  return mintScope({ workspaceId, userId: nobody, familyId: nobody })
}
