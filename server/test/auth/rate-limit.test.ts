import { describe, expect, test } from 'vitest'
import { addressKey, createFailureLimit, createRateLimit } from '../../src/platform/rate-limit.ts'

describe('rate limits', () => {
  test('a key has its points, another key its own, and a reset gives them back', async () => {
    const limit = createRateLimit({ points: 2, windowSeconds: 60 })
    await limit.take('a')
    await limit.take('a')
    const refusal = await limit.take('a').catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'rate_limited', status: 429, retryAfterSeconds: 60 })
    await expect(limit.take('b')).resolves.toBeUndefined()
    await limit.reset('a')
    await expect(limit.take('a')).resolves.toBeUndefined()
  })

  test('points come back after the window', async () => {
    const limit = createRateLimit({ points: 1, windowSeconds: 1 })
    await limit.take('a')
    await expect(limit.take('a')).rejects.toMatchObject({ retryAfterSeconds: 1 })
    await new Promise((resolve) => setTimeout(resolve, 1050))
    await expect(limit.take('a')).resolves.toBeUndefined()
  })

  test('only so many keys are remembered', async () => {
    const limit = createRateLimit({ points: 1, windowSeconds: 60, maxKeys: 2 })
    for (const key of ['a', 'b', 'c']) await limit.take(key)
    await expect(limit.take('c')).rejects.toMatchObject({ code: 'rate_limited' })
    await expect(limit.take('a')).resolves.toBeUndefined()
  })

  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::1', '0:0:0:0::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:0DB8:0:1:aaaa:bbbb:cccc:dddd', '2001:db8:0:1::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('%s counts as %s', (address, key) => expect(addressKey(address)).toBe(key))
})

describe('failure limits', () => {
  const right = async () => 'in'
  const wrong = async () => undefined

  test('wrong guesses at once do not slip past together, right ones are free', async () => {
    const limit = createFailureLimit({ points: 3, windowSeconds: 60 })
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => limit.attempt('ada', wrong)))
    expect(results.map((result) => result.status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ])
    await expect(limit.attempt('ada', right)).rejects.toMatchObject({ code: 'rate_limited' })
    expect(await Promise.all(Array.from({ length: 9 }, () => limit.attempt('grace', right)))).toHaveLength(9)
  })

  test('a check that could not be made is not a guess', async () => {
    const limit = createFailureLimit({ points: 1, windowSeconds: 60 })
    const broken = async () => {
      throw new Error('the database is away')
    }
    for (let n = 0; n < 3; n += 1) await expect(limit.attempt('ada', broken)).rejects.toThrow('away')
    expect(await limit.attempt('ada', right)).toBe('in')
  })
})
