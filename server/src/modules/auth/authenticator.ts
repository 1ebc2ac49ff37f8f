import { LRUCache } from 'lru-cache'
import type { Database } from '../../platform/database/database.ts'
import { AppError } from '../../platform/errors.ts'
import { mintScope, type Scope } from '../../platform/scope.ts'
import type { AccessTokens } from './access-tokens.ts'
import type { SignInNews } from './ended-sign-ins.ts'

interface Deps {
  db: Pick<Database, 'call'>
  accessTokens: Pick<AccessTokens, 'verify'>
  now: () => number
  /** Where processes tell each other at once; without it each finds out within five seconds. */
  news?: SignInNews | undefined
}

export interface Authenticator {
  /**
   * The scope of an `Authorization` header. Throws (or rejects with) 401 `unauthenticated`. Synchronous for a token seen
   * a moment ago, which is nearly every request.
   */
  authenticate(authorization: string | undefined): Scope | Promise<Scope>
  /** The scope of a header that was let in a moment ago; undefined for any other, which proves nothing. */
  known(authorization: string): Scope | undefined
  /** Ends the access tokens of these sign-ins on this process at once, and on the others where they hear of it. */
  forgetFamilies(familyIds: string[]): void
  /** The same for every sign-in of a user. */
  forgetUser(userId: string): void
}

interface Known {
  scope: Scope
  expiresAtMs: number
  live: boolean
  /** When the answer in `live` was asked for. */
  askedAtMs: number
  asking: Promise<boolean> | undefined
  ended: boolean
}

// A sign-in that ended elsewhere must end here within five seconds. Up to `freshMs` an answer is simply used; then it
// is used while a new one is fetched, so that a busy client never waits; after `staleMs` requests wait.
const freshMs = 2000
const staleMs = 4000

const maxTokens = 20_000
const maxHeaderLength = 2048

/** Turns access tokens into scopes. Signatures are checked once a token, revocation every few seconds. */
export function createAuthenticator({ db, accessTokens, now, news }: Deps): Authenticator {
  const known = new LRUCache<string, Known>({ max: maxTokens })

  function authenticate(authorization: string | undefined): Scope | Promise<Scope> {
    if (authorization === undefined) throw unauthenticated('Sign in first: this needs a bearer access token.', 'Bearer')
    const seen = known.get(authorization)
    return seen === undefined ? admit(authorization) : check(authorization, seen)
  }

  async function admit(authorization: string): Promise<Scope> {
    const token = authorization.length <= maxHeaderLength ? /^Bearer +([\w.-]+)$/i.exec(authorization)?.[1] : undefined
    const claims = token === undefined ? undefined : await accessTokens.verify(token)
    if (claims === undefined) throw refused()
    const { expiresAtMs, ...who } = claims
    const seen = known.get(authorization) ?? {
      scope: mintScope(who),
      expiresAtMs,
      live: false,
      askedAtMs: Number.NEGATIVE_INFINITY,
      asking: undefined,
      ended: false,
    }
    known.set(authorization, seen)
    return check(authorization, seen)
  }

  function check(authorization: string, seen: Known): Scope | Promise<Scope> {
    if (seen.expiresAtMs <= now()) {
      known.delete(authorization)
      throw refused()
    }
    const age = now() - seen.askedAtMs
    // Below zero when the clock was set back, which must not keep an old answer fresh.
    if (age >= staleMs || age < 0) return ask(seen).then((live) => admitted(seen, live))
    // The answer is good until it is stale, whatever becomes of this question; a failure shows then.
    if (age >= freshMs) ask(seen).catch(() => undefined)
    return admitted(seen, seen.live)
  }

  function ask(seen: Known): Promise<boolean> {
    seen.asking ??= isLive(seen).finally(() => {
      seen.asking = undefined
    })
    return seen.asking
  }

  async function isLive(seen: Known): Promise<boolean> {
    const askedAtMs = now()
    const { userId, workspaceId, familyId } = seen.scope
    const rows = await db.call<{ live: boolean }>('sign-in-is-live', 'SELECT sign_in_is_live($1, $2, $3) AS live', [
      userId,
      workspaceId,
      familyId,
    ])
    // An answer from before the end must not bring the sign-in back.
    seen.live = !seen.ended && rows[0]?.live === true
    seen.askedAtMs = askedAtMs
    return seen.live
  }

  function forgetFamilies(familyIds: string[]): void {
    const gone = new Set(familyIds)
    forget((scope) => gone.has(scope.familyId))
  }

  function forgetUser(userId: string): void {
    forget((scope) => scope.userId === userId)
  }

  function forget(isGone: (scope: Scope) => boolean): void {
    for (const seen of known.values()) {
      if (!isGone(seen.scope)) continue
      seen.ended = true
      seen.live = false
    }
  }

  news?.hear((ended) => ('user' in ended ? forgetUser(ended.user) : forgetFamilies(ended.families)))

  return {
    authenticate,
    known: (authorization) => {
      const seen = known.peek(authorization)
      const isGood = seen?.live && !seen.ended && seen.expiresAtMs > now() && now() - seen.askedAtMs < staleMs
      return isGood ? seen.scope : undefined
    },
    forgetFamilies: (familyIds) => {
      if (familyIds.length === 0) return
      forgetFamilies(familyIds)
      news?.tell({ families: familyIds })
    },
    forgetUser: (userId) => {
      forgetUser(userId)
      news?.tell({ user: userId })
    },
  }
}

function admitted(seen: Known, live: boolean): Scope {
  if (!live || seen.ended) throw refused()
  return seen.scope
}

function refused(): AppError {
  return unauthenticated(
    'This access token is not valid or no longer so. Sign in again.',
    'Bearer error="invalid_token"',
  )
}

// The challenge of RFC 6750, section 3: the error attribute only where a token was sent.
function unauthenticated(detail: string, challenge: string): AppError {
  return new AppError('unauthenticated', detail, { headers: { 'www-authenticate': challenge } })
}
