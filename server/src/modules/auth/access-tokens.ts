import { createSecretKey, type KeyObject } from 'node:crypto'
import type { AccessToken } from '@chatbot-platform/contract'
import { errors, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'

export interface AccessTokenOptions {
  /** At least 32 bytes. */
  secretKey: string
  /** The key before it: what it signed stays valid. At least 32 bytes. */
  previousSecretKey?: string | undefined
  algorithm: 'HS256' | 'HS384' | 'HS512'
  accessTokenSeconds: number
  /** Milliseconds since 1970. */
  now: () => number
}

/** Who a token stands for: user, workspace, and the sign-in it came from. */
export interface AccessClaims {
  userId: string
  workspaceId: string
  familyId: string
}

export interface AccessTokens {
  issue(claims: AccessClaims): Promise<AccessToken>
  /** The claims and when they end (milliseconds since 1970), or undefined for anything but a valid token of ours. */
  verify(token: string): Promise<(AccessClaims & { expiresAtMs: number }) | undefined>
}

// The type of RFC 9068: another JWT that the same key may sign one day is not taken for an access token.
const type = 'at+jwt'

const Payload = z.object({ sub: z.guid(), wid: z.guid(), sid: z.guid(), exp: z.int() })

/**
 * JWTs (RFC 7519) of one algorithm, signed with one key and verified with that and the one before it. No token chooses
 * its own.
 */
export function createAccessTokens({
  secretKey,
  previousSecretKey,
  algorithm,
  accessTokenSeconds,
  now,
}: AccessTokenOptions): AccessTokens {
  const key = toKey(secretKey)
  const previousKey = previousSecretKey === undefined ? undefined : toKey(previousSecretKey)

  function check(token: string, by: KeyObject) {
    return jwtVerify(token, by, { algorithms: [algorithm], typ: type, currentDate: new Date(now()) })
  }

  async function checkByAny(token: string) {
    try {
      return await check(token, key)
    } catch (error) {
      if (previousKey === undefined || !(error instanceof errors.JWSSignatureVerificationFailed)) throw error
      return check(token, previousKey)
    }
  }

  return {
    issue: async ({ userId, workspaceId, familyId }) => {
      const issuedAt = Math.floor(now() / 1000)
      const token = await new SignJWT({ wid: workspaceId, sid: familyId })
        .setProtectedHeader({ alg: algorithm, typ: type })
        .setSubject(userId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + accessTokenSeconds)
        .sign(key)
      return { access_token: token, token_type: 'bearer', expires_in: accessTokenSeconds }
    },
    verify: async (token) => {
      try {
        const { payload, protectedHeader } = await checkByAny(token)
        // Nothing else belongs into our header, above all no key or address of one.
        if (Object.keys(protectedHeader).some((name) => name !== 'alg' && name !== 'typ')) return undefined
        const { sub, wid, sid, exp } = Payload.parse(payload)
        return { userId: sub, workspaceId: wid, familyId: sid, expiresAtMs: exp * 1000 }
      } catch (error) {
        if (error instanceof errors.JOSEError || error instanceof z.ZodError) return undefined
        throw error
      }
    },
  }
}

function toKey(secret: string): KeyObject {
  if (Buffer.byteLength(secret) < 32) throw new Error('the secret key must have at least 32 bytes')
  return createSecretKey(Buffer.from(secret))
}
