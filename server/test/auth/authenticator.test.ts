import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAccessTokens } from '../../src/modules/auth/access-tokens.ts'
import { createAuthenticator } from '../../src/modules/auth/authenticator.ts'
import type { Database } from '../../src/platform/database/database.ts'
import type { Scope } from '../../src/platform/scope.ts'
import { type AuthApp, secretKey, startAuthApp } from './auth-app.ts'

let app: AuthApp
beforeAll(async () => {
  app = await startAuthApp()
})
afterAll(() => app.close())

/** An authenticator of its own on the app's database that counts its questions and may be held up. */
function observed() {
  const now = () => app.clock.nowMs
  const accessTokens = createAccessTokens({ secretKey, algorithm: 'HS256', accessTokenSeconds: 1800, now })
  const state = { questions: 0, settled: 0, heldUp: Promise.resolve(), fails: false }
  const call: Database['call'] = async (name, sql, values) => {
    state.questions += 1
    try {
      const rows = await app.db.call(name, sql, values)
      await state.heldUp
      if (state.fails) throw new Error('the database is away')
      return rows as never[]
    } finally {
      state.settled += 1
    }
  }
  return { state, ...createAuthenticator({ db: { call }, accessTokens, now }) }
}

async function bearer(email: string): Promise<string> {
  return `Bearer ${(await app.signedIn(email)).token}`
}

describe('the authenticator', () => {
  test('answers a known token at once and without the database', async () => {
    const { authenticate, state } = observed()
    const header = await bearer('ada@example.com')
    const scope = await authenticate(header)
    expect(scope).toEqual({ userId: expect.any(String), workspaceId: expect.any(String), familyId: expect.any(String) })
    expect(authenticate(header)).toBe(scope)
    expect(state.questions).toBe(1)
  })

  test('asks once for many first requests at a time', async () => {
    const { authenticate, state } = observed()
    const header = await bearer('crowd@example.com')
    const scopes = await Promise.all(Array.from({ length: 20 }, () => authenticate(header)))
    expect(new Set(scopes).size).toBe(1)
    expect(state.questions).toBe(1)
  })

  test('never lets a busy client wait, and asks for it every two seconds', async () => {
    const { authenticate, state } = observed()
    const header = await bearer('busy@example.com')
    await authenticate(header)
    for (let step = 0; step < 20; step += 1) {
      app.clock.nowMs += 500
      expect(authenticate(header)).not.toBeInstanceOf(Promise)
      await expect.poll(() => state.settled).toBe(state.questions)
    }
    expect(state.questions).toBe(6)
  })

  test('serves on through an outage of the database for as long as its last answer is good', async () => {
    const { authenticate, state } = observed()
    const header = await bearer('outage@example.com')
    await authenticate(header)
    state.fails = true
    app.clock.nowMs += 3999
    expect(authenticate(header)).not.toBeInstanceOf(Promise)
    await expect.poll(() => state.settled).toBe(2)
    app.clock.nowMs += 1
    await expect(authenticate(header)).rejects.toThrow('away')
    state.fails = false
    await expect(authenticate(header)).resolves.toMatchObject({ userId: expect.any(String) })
  })

  test('an answer that was under way when the sign-in ended does not bring it back', async () => {
    const { authenticate, forgetFamilies, state } = observed()
    const header = await bearer('late@example.com')
    const { familyId } = (await authenticate(header)) as Scope
    let letGo = () => {}
    state.heldUp = new Promise((resolve) => {
      letGo = resolve
    })
    app.clock.nowMs += 4000
    const late = Promise.resolve(authenticate(header))
    forgetFamilies([familyId])
    letGo()
    await expect(late).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(() => authenticate(header)).toThrow('no longer')
  })

  test('a clock that is set back does not keep an old answer fresh', async () => {
    const { authenticate, state } = observed()
    const header = await bearer('clock@example.com')
    await authenticate(header)
    app.clock.nowMs -= 3_600_000
    await authenticate(header)
    expect(state.questions).toBe(2)
  })
})
