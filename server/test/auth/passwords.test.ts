import { hash as bcryptHash } from '@node-rs/bcrypt'
import { describe, expect, test } from 'vitest'
import { createPasswords } from '../../src/platform/passwords.ts'

const passwords = createPasswords({ cost: 4 })

describe('passwords', () => {
  test('a short one is stored as plain bcrypt, which other systems read and write', async () => {
    expect(await passwords.hash('correct horse')).toMatch(/^\$2b\$04\$/)
    const theirs = await bcryptHash('correct horse', { cost: 4, version: '2a' })
    expect(await passwords.verify('correct horse', theirs)).toEqual({ ok: true, needsRehash: false })
    expect(await passwords.verify('correct house', theirs)).toEqual({ ok: false, needsRehash: false })
  })

  test.each([
    ['72 bytes', 'x'.repeat(72), '$2b$'],
    ['73 bytes', 'x'.repeat(73), 'hmac-sha256:$2b$'],
    ['24 characters of 4 bytes', '🔑'.repeat(24), 'hmac-sha256:$2b$'],
    ['a NUL', 'before\0after', 'hmac-sha256:$2b$'],
  ])('%s: every byte counts', async (_, password, beginning) => {
    const stored = await passwords.hash(password)
    expect(stored.startsWith(beginning)).toBe(true)
    expect((await passwords.verify(password, stored)).ok).toBe(true)
    expect((await passwords.verify(`${password}y`, stored)).ok).toBe(false)
    expect((await passwords.verify(password.slice(0, -1), stored)).ok).toBe(false)
  })

  test('a right password whose hash has another cost asks for a new hash', async () => {
    const old = await createPasswords({ cost: 5 }).hash('correct horse')
    expect(await passwords.verify('correct horse', old)).toEqual({ ok: true, needsRehash: true })
    expect(await passwords.verify('wrong', old)).toEqual({ ok: false, needsRehash: false })
  })

  test('an unknown account takes as long as a wrong password', async () => {
    const slow = createPasswords({ cost: 10 })
    const stored = await slow.hash('correct horse')
    const times: { known: number[]; unknown: number[] } = { known: [], unknown: [] }
    for (let n = 0; n < 10; n += 1) {
      times.known.push(await milliseconds(() => slow.verify('wrong', stored)))
      times.unknown.push(await milliseconds(() => slow.verify('wrong', undefined)))
    }
    // The fastest of each: what else the machine does only ever adds. One step of the cost would be twice, no hash at all
    // next to nothing.
    const [known, unknown] = [Math.min(...times.known), Math.min(...times.unknown)]
    expect(unknown / known).toBeGreaterThan(0.6)
    expect(unknown / known).toBeLessThan(1.7)
  })

  test('hashes run one at a time in order, and past the bound callers are turned away', async () => {
    const bounded = createPasswords({ cost: 4, maxWaiting: 2 })
    const order: number[] = []
    const jobs = [0, 1, 2, 3].map((n) =>
      bounded.verify('x', undefined).then(
        () => order.push(n),
        (error: unknown) => error,
      ),
    )
    expect(await jobs[3]).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 5 })
    await Promise.all(jobs)
    expect(order).toEqual([0, 1, 2])
    expect((await bounded.verify('x', undefined)).ok).toBe(false)
  })
})

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
