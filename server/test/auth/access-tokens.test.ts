import { createHmac, createSecretKey } from 'node:crypto'
import { SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { createAccessTokens } from '../../src/modules/auth/access-tokens.ts'
import { newId } from '../../src/platform/ids.ts'

const secretKey = 'a key for tests that has forty-two characters'
const clock = { nowMs: Date.UTC(2026, 0, 1) }
const tokens = createAccessTokens({ secretKey, algorithm: 'HS256', accessTokenSeconds: 60, now: () => clock.nowMs })
const claims = { userId: newId(), workspaceId: newId(), familyId: newId() }

describe('access tokens', () => {
  test('carry user, workspace and sign-in, and end with their time', async () => {
    const issued = await tokens.issue(claims)
    expect(issued).toMatchObject({ token_type: 'bearer', expires_in: 60 })
    expect(await tokens.verify(issued.access_token)).toEqual({ ...claims, expiresAtMs: clock.nowMs + 60_000 })
    clock.nowMs += 60_000
    expect(await tokens.verify(issued.access_token)).toBeUndefined()
  })

  test.each([
    ['another algorithm', { alg: 'HS512', typ: 'at+jwt' }],
    ['another type', { alg: 'HS256', typ: 'JWT' }],
    ['no type', { alg: 'HS256' }],
    ['a key of its own', { alg: 'HS256', typ: 'at+jwt', jwk: { kty: 'oct', k: 'AAAA' } }],
    ['the address of a key', { alg: 'HS256', typ: 'at+jwt', jku: 'https://example.com/keys' }],
    ['a certificate', { alg: 'HS256', typ: 'at+jwt', x5u: 'https://example.com/certificate' }],
    ['a key id', { alg: 'HS256', typ: 'at+jwt', kid: '../../dev/null' }],
    ['a critical extension', { alg: 'HS256', typ: 'at+jwt', crit: ['b64'], b64: false }],
  ])('a header with %s is refused although the signature is right', async (_, header) => {
    expect(await tokens.verify(signed({ alg: 'HS256', typ: 'at+jwt' }, payload()))).toBeDefined()
    expect(await tokens.verify(signed(header, payload()))).toBeUndefined()
  })

  test('a token without signature, or of another key, is refused', async () => {
    const [header, body, signature] = signed({ alg: 'HS256', typ: 'at+jwt' }, payload()).split('.')
    const unsigned = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url')
    expect(await tokens.verify(`${unsigned}.${body}.`)).toBeUndefined()
    expect(await tokens.verify(`${unsigned}.${body}.${signature}`)).toBeUndefined()
    expect(await tokens.verify(`${header}.${body}.`)).toBeUndefined()
    const foreign = new SignJWT(payload()).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
    const key = createSecretKey(Buffer.from('another key that has thirty-two bytes'))
    expect(await tokens.verify(await foreign.sign(key))).toBeUndefined()
  })

  test.each(['sub', 'wid', 'sid', 'exp'])('a token without %s is refused', async (name) => {
    const { [name]: _, ...rest } = payload()
    expect(await tokens.verify(signed({ alg: 'HS256', typ: 'at+jwt' }, rest))).toBeUndefined()
  })

  test('of the key before this one stay valid, and none is signed with it', async () => {
    const options = { algorithm: 'HS256' as const, accessTokenSeconds: 60, now: () => clock.nowMs }
    const newKey = 'the next key, which has forty-two characters'
    const rotated = createAccessTokens({ ...options, secretKey: newKey, previousSecretKey: secretKey })
    const onlyNew = createAccessTokens({ ...options, secretKey: newKey })
    const [before, after] = [await tokens.issue(claims), await rotated.issue(claims)]
    expect(await rotated.verify(before.access_token)).toMatchObject(claims)
    expect(await rotated.verify(after.access_token)).toMatchObject(claims)
    expect(await onlyNew.verify(after.access_token)).toMatchObject(claims)
    expect(await onlyNew.verify(before.access_token)).toBeUndefined()
    expect(await tokens.verify(after.access_token)).toBeUndefined()
  })

  test('of the key before this one are bound by the same rules', async () => {
    const options = { algorithm: 'HS256' as const, accessTokenSeconds: 60, now: () => clock.nowMs }
    const rotated = createAccessTokens({ ...options, secretKey: 'n'.repeat(32), previousSecretKey: secretKey })
    const jku = { alg: 'HS256', typ: 'at+jwt', jku: 'https://example.com/keys' }
    expect(await rotated.verify(signed(jku, payload()))).toBeUndefined()
    expect(await rotated.verify(signed({ alg: 'HS512', typ: 'at+jwt' }, payload()))).toBeUndefined()
    expect(await rotated.verify(signed({ alg: 'HS256', typ: 'at+jwt' }, { ...payload(), exp: 1 }))).toBeUndefined()
  })

  test('a key below 32 bytes is refused', () => {
    const options = { algorithm: 'HS256' as const, accessTokenSeconds: 60, now: Date.now }
    expect(() => createAccessTokens({ ...options, secretKey: 'x'.repeat(31) })).toThrow('32 bytes')
    const short = { ...options, secretKey, previousSecretKey: 'x'.repeat(31) }
    expect(() => createAccessTokens(short)).toThrow('32 bytes')
  })
})

function payload(): Record<string, unknown> {
  const exp = Math.floor(clock.nowMs / 1000) + 60
  return { sub: claims.userId, wid: claims.workspaceId, sid: claims.familyId, exp }
}

/** A token signed with the right key, whatever its header says. */
function signed(header: Record<string, unknown>, body: Record<string, unknown>): string {
  const input = [header, body].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const hash = header.alg === 'HS512' ? 'sha512' : 'sha256'
  return `${input}.${createHmac(hash, secretKey).update(input).digest('base64url')}`
}
