import { describe, expect, test } from 'vitest'
import { Seats } from '../../../src/llm/gateway/seats.ts'
import { Waiter } from '../../../src/llm/gateway/waiter.ts'
import { FairQueue } from '../../../src/platform/fair-queue.ts'

/** Names like `a1`: the workspace and the order of the call. */
function waiter(name: string): Waiter {
  return new Waiter({ workspaceId: name.slice(0, 1), order: Number(name.slice(1)), deadlineMs: 0 })
}
const nameOf = ({ workspaceId, order }: Waiter) => `${workspaceId}${order}`

function queueOf(...names: string[]): FairQueue<Waiter> {
  const queue = new FairQueue<Waiter>()
  for (const name of names) queue.add(waiter(name), false)
  return queue
}

function drain(queue: FairQueue<Waiter>): string[] {
  const names: string[] = []
  for (let next = queue.take(); next; next = queue.take()) names.push(nameOf(next))
  return names
}

describe('turns', () => {
  test.each([
    [['a1', 'a2', 'a3'], 'a1 a2 a3'],
    [['a1', 'a2', 'a3', 'b4', 'b5', 'c6'], 'a1 b4 c6 a2 b5 a3'],
    [['a3', 'a1', 'b5', 'a2', 'b4'], 'a1 b4 a2 b5 a3'],
  ])('of %j are %s, and so everyone is told', (names, order) => {
    expect(
      queueOf(...names)
        .inOrder()
        .map(nameOf)
        .join(' '),
    ).toBe(order)
    expect(drain(queueOf(...names)).join(' ')).toBe(order)
  })

  test('go past a crowd to who is alone', () => {
    const crowd = Array.from({ length: 100 }, (_, index) => `a${index}`)
    expect(drain(queueOf(...crowd, 'b100')).indexOf('b100')).toBe(1)
  })

  test('come back to the workspace that gave one up for nothing', () => {
    const queue = queueOf('a1', 'a2', 'b3', 'c4')
    const refused = queue.take()
    if (refused) queue.add(refused, true)
    expect(drain(queue).join(' ')).toBe('a1 b3 c4 a2')
  })

  test('pass by a workspace that may not go, which keeps its place', () => {
    const queue = queueOf('a1', 'a2', 'b3', 'c4')
    const next = queue.take((workspaceId) => workspaceId !== 'a')
    expect(next && nameOf(next)).toBe('b3')
    expect([queue.length, queue.lengthOf('a'), queue.lengthOf('b')]).toEqual([3, 2, 0])
    expect(drain(queue).join(' ')).toBe('a1 c4 a2')
  })

  test('of those who leave are nobody’s', () => {
    const queue = queueOf('a1', 'a2')
    const leaving = waiter('b3')
    queue.add(leaving, false)
    queue.remove(leaving)
    queue.remove(leaving)
    expect(queue.length).toBe(2)
    expect(drain(queue)).toEqual(['a1', 'a2'])
    expect(queue.isEmpty).toBe(true)
  })
})

test('seats are bounded in all and for each workspace, and freed', () => {
  const seats = new Seats(3, 2)
  expect(['a', 'a', 'a', 'b', 'c'].map((workspace) => seats.take(workspace, false))).toEqual([
    true,
    true,
    false,
    true,
    false,
  ])
  seats.free('a')
  seats.free('nobody')
  expect(seats.take('c', false)).toBe(true)
  expect(seats.take('d', true)).toBe(true)
  expect(seats.taken).toBe(4)
})
