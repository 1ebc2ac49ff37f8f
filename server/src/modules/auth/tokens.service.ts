import { createHash, randomBytes } from 'node:crypto'
import type { AccessToken } from '@chatbot-platform/contract'
import type { Database, Tx } from '../../platform/database/database.ts'
import { AppError } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Logger } from '../../platform/logger.ts'
import type { AuditService } from '../audit/audit.service.ts'
import type { AccessTokens } from './access-tokens.ts'
import {
  deleteEndedFamilies,
  deleteExpiredTokens,
  findHomeWorkspace,
  findTokenOwner,
  insertFamily,
  insertToken,
  lockToken,
  markTokenUsed,
  type PresentedToken,
  revokeFamilies,
} from './auth.repository.ts'
import type { Authenticator } from './authenticator.ts'

interface Deps {
  db: Pick<Database, 'identity'>
  audit: Pick<AuditService, 'recordAccount'>
  accessTokens: Pick<AccessTokens, 'issue'>
  authenticator: Pick<Authenticator, 'forgetFamilies'>
  refreshTokenSeconds: number
  logger: Pick<Logger, 'warn'>
  now: () => number
}

/** What a device gets: the access token for the body of the answer, the refresh token for its cookie. */
export interface SignIn {
  token: AccessToken
  refreshToken: string
}

export interface TokensService {
  /** Begins a sign-in on a new device within an identity transaction of this user, whose row the caller has locked. */
  open(tx: Tx, userId: string): Promise<SignIn>
  /** Exchanges a refresh token for the next one and an access token. Throws 401 `refresh_token_invalid`. */
  rotate(refreshToken: string): Promise<SignIn>
  /** Ends the sign-in a refresh token belongs to; with `all`, every one of its user. An unknown token ends nothing. */
  revokeByToken(refreshToken: string, all: boolean): Promise<void>
  /** Ends one sign-in of a user; with `all`, every one, if that one was still going. */
  revokeFamily(owner: { userId: string; familyId: string }, all: boolean): Promise<void>
}

/** A rotated token stays good this long, for a second tab or an answer that got lost. */
const graceMs = 30_000

/** Sign-ins a user may have at once; beyond them the oldest end. */
const maxFamilies = 200

export function createTokensService(deps: Deps): TokensService {
  const { db, audit, accessTokens, authenticator, refreshTokenSeconds, logger, now } = deps

  async function issue(tx: Tx, userId: string, familyId: string): Promise<SignIn> {
    const workspaceId = await findHomeWorkspace(tx, userId)
    if (workspaceId === undefined) throw new AppError('forbidden', 'This account is a member of no workspace.')
    const refreshToken = randomBytes(32).toString('base64url')
    const expiresAtMs = now() + refreshTokenSeconds * 1000
    await insertToken(tx, { tokenHash: hashOf(refreshToken), familyId, userId, expiresAtMs })
    return { token: await accessTokens.issue({ userId, workspaceId, familyId }), refreshToken }
  }

  async function findOwner(refreshToken: string) {
    if (!isRefreshToken(refreshToken)) return undefined
    const tokenHash = hashOf(refreshToken)
    const owner = await db.identity({ tokenHash }, (tx) => findTokenOwner(tx, tokenHash))
    return owner && { ...owner, tokenHash }
  }

  async function revokeFamily({ userId, familyId }: { userId: string; familyId: string }, all: boolean): Promise<void> {
    const ended = await db.identity({ userId }, async (tx) => {
      const first = await revokeFamilies(tx, userId, now(), [familyId])
      // A sign-in that is over has no say about the others.
      if (!all || first.length === 0) return first
      const others = await revokeFamilies(tx, userId, now())
      await audit.recordAccount(tx, userId, 'user.signed_out_everywhere')
      return [...first, ...others]
    })
    authenticator.forgetFamilies(ended)
  }

  return {
    open: async (tx, userId) => {
      await deleteEndedFamilies(tx, userId, now(), maxFamilies - 1)
      const familyId = newId()
      await insertFamily(tx, { id: familyId, userId })
      return issue(tx, userId, familyId)
    },

    rotate: async (refreshToken) => {
      const owner = await findOwner(refreshToken)
      if (owner === undefined) throw refreshTokenInvalid()
      const { userId, familyId, tokenHash } = owner
      const result = await db.identity({ userId, tokenHash }, async (tx): Promise<SignIn | Refusal> => {
        const presented = await lockToken(tx, owner, tokenHash)
        const use = judge(presented, now())
        if (use === 'reused') await revokeFamilies(tx, userId, now(), [familyId])
        if (use === 'reused' || use === 'refused') return use
        if (use === 'first') await markTokenUsed(tx, tokenHash, now())
        await deleteExpiredTokens(tx, familyId, now())
        return issue(tx, userId, familyId)
      })
      if (result === 'reused') {
        authenticator.forgetFamilies([familyId])
        logger.warn(
          { user_id: userId },
          'a refresh token was used again long after its rotation; its sign-in is revoked',
        )
      }
      if (result === 'reused' || result === 'refused') throw refreshTokenInvalid()
      return result
    },

    revokeByToken: async (refreshToken, all) => {
      const owner = await findOwner(refreshToken)
      if (owner !== undefined) await revokeFamily(owner, all)
    },

    revokeFamily,
  }
}

type Refusal = 'refused' | 'reused'

function judge(presented: PresentedToken | undefined, nowMs: number): 'first' | 'again' | Refusal {
  if (presented === undefined || !presented.live || presented.expiresAtMs <= nowMs) return 'refused'
  if (presented.usedAtMs === undefined) return 'first'
  return nowMs - presented.usedAtMs <= graceMs ? 'again' : 'reused'
}

/** 401 for a missing, unknown, expired or revoked refresh token alike. */
export function refreshTokenInvalid(): AppError {
  return new AppError('refresh_token_invalid', 'This device is not signed in any more. Sign in again.', {
    headers: { 'www-authenticate': 'Bearer' },
  })
}

function isRefreshToken(value: string): boolean {
  return /^[\w-]{43}$/.test(value)
}

// A random token of 256 bits needs no slow hash.
function hashOf(refreshToken: string): string {
  return createHash('sha256').update(refreshToken).digest('hex')
}
