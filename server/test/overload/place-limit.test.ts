import { expect, test } from 'vitest'
import { type PlaceBounds, PlaceLimit } from '../../src/platform/overload/place-limit.ts'

const bounds: PlaceBounds = { targetMs: 100, fewest: 8, first: 64, most: 128 }

/** That many windows of a second, each with pieces that took so long. */
function judged(limit: PlaceLimit, windows: number, tookMs: number, isFull = true, fromMs = 0): PlaceLimit {
  for (let ms = fromMs; ms < fromMs + windows * 1000; ms += 10) limit.note(tookMs, isFull, ms)
  return limit
}

test('places become fewer while the work takes too long, down to the fewest', () => {
  const limit = new PlaceLimit(bounds)
  expect(judged(limit, 1, 110).places).toBeLessThan(64)
  expect(limit.places).toBeGreaterThan(30)
  expect(judged(limit, 10, 5000, true, 1000).places).toBe(8)
})

test('places become more while all are taken and the work is quick, up to the most', () => {
  const limit = new PlaceLimit(bounds)
  expect(judged(limit, 1, 20).places).toBeGreaterThan(64)
  expect(judged(limit, 20, 20, true, 1000).places).toBe(128)
})

test('places stay as they are while some are free', () => {
  expect(judged(new PlaceLimit(bounds), 10, 20, false).places).toBe(64)
})

test('a few slow pieces of work now and then change nothing', () => {
  const limit = new PlaceLimit(bounds)
  for (let ms = 0; ms < 60_000; ms += 1500) limit.note(900, true, ms)
  expect(limit.places).toBe(64)
})

test('what one piece takes is known, and never told to be less than a crowd would see', () => {
  expect(judged(new PlaceLimit(bounds), 5, 80).workMs).toBeCloseTo(80, 0)
  expect(judged(new PlaceLimit(bounds), 5, 1).workMs).toBe(20)
})

test('without a target there is no limit', () => {
  expect(judged(new PlaceLimit({ ...bounds, targetMs: 0 }), 5, 5000).places).toBe(Number.POSITIVE_INFINITY)
})
