import { setImmediate as nextRound } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createBatcher } from '../../src/platform/batcher.ts'

/** A batcher whose batches end when the test says so; items that are `bad` make theirs fail. */
function scene(options: { lanes?: number; maxItems?: number; worthALane?: number; retriesAlone?: boolean } = {}) {
  const batches: { items: string[]; end: () => void }[] = []
  const { retriesAlone = true, ...sizes } = options
  const put = createBatcher<string, string>({
    lanes: 1,
    maxItems: 100,
    ...sizes,
    retriesAlone: () => retriesAlone,
    run: (items) =>
      new Promise((resolve, reject) => {
        const end = () => (items.includes('bad') ? reject(new Error('bad')) : resolve(items.map((item) => `${item}!`)))
        batches.push({ items, end })
      }),
  })
  return { put, batches, sent: () => batches.map(({ items }) => items) }
}

test('who comes in one round travels together, who comes later shares the next batch', async () => {
  const { put, batches, sent } = scene()
  const first = [put('a'), put('b')]
  await nextRound()
  const later = [put('c'), put('d')]
  await nextRound()
  expect(sent()).toEqual([['a', 'b']])
  batches[0]?.end()
  expect(await Promise.all(first)).toEqual(['a!', 'b!'])
  expect(sent()).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ])
  batches[1]?.end()
  expect(await Promise.all(later)).toEqual(['c!', 'd!'])
})

test('a second batch begins beside the first only for enough items, and never a third', async () => {
  const { put, sent } = scene({ lanes: 2, worthALane: 3, maxItems: 3 })
  void put('a')
  await nextRound()
  void put('b')
  void put('c')
  await nextRound()
  expect(sent()).toEqual([['a']])
  void put('d')
  await nextRound()
  expect(sent()).toEqual([['a'], ['b', 'c', 'd']])
  for (const item of ['e', 'f', 'g', 'h']) void put(item)
  await nextRound()
  expect(sent()).toHaveLength(2)
})

test('a second lane that was worth it ends when it no longer is', async () => {
  const { put, batches, sent } = scene({ lanes: 2, worthALane: 3, maxItems: 3 })
  void put('a')
  await nextRound()
  for (const item of ['b', 'c', 'd', 'e']) void put(item)
  await nextRound()
  batches[1]?.end()
  await nextRound()
  expect(sent()).toEqual([['a'], ['b', 'c', 'd']])
  batches[0]?.end()
  await nextRound()
  expect(sent()).toEqual([['a'], ['b', 'c', 'd'], ['e']])
})

test("one item's fault is not another's", async () => {
  const { put, batches } = scene()
  const all = Promise.allSettled([put('a'), put('bad'), put('c')])
  await nextRound()
  batches[0]?.end()
  await nextRound()
  for (const { end } of batches.slice(1)) end()
  expect(await all).toMatchObject([
    { status: 'fulfilled', value: 'a!' },
    { status: 'rejected' },
    { status: 'fulfilled', value: 'c!' },
  ])
})

test('what must not be tried twice fails together', async () => {
  const { put, batches } = scene({ retriesAlone: false })
  const all = Promise.allSettled([put('a'), put('bad')])
  await nextRound()
  batches[0]?.end()
  expect(await all).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }])
  expect(batches).toHaveLength(1)
})
