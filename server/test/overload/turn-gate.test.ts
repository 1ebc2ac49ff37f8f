import { describe, expect, test } from 'vitest'
import { AppError } from '../../src/platform/errors.ts'
import { type GateBounds, type Refusal, TurnGate, type Visit } from '../../src/platform/overload/turn-gate.ts'

/** A gate with a clock that stands still until it is moved. */
function gateOf(bounds: Partial<GateBounds>, random = 0) {
  const clock = { ms: 0 }
  const reasons: Refusal[] = []
  const refused = (why: Refusal) => void reasons.push(why)
  const gate = new TurnGate({ bounds, refused, now: () => clock.ms, random: () => random })
  return { gate, clock, reasons }
}

/** Who gets in, in order; a visit that had to wait is added when its turn has come. */
function visitor(gate: TurnGate) {
  const entered: string[] = []
  return {
    entered,
    enter(name: string): Visit {
      const visit = gate.enter(name)
      visit.granted = () => void entered.push(name)
      if (visit.state === 'in') entered.push(name)
      return visit
    },
  }
}

function refusalOf(work: () => unknown): AppError | null {
  try {
    work()
    return null
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}

/** Turns of these workspaces one after the other, each stored in `ms`. */
async function turns(
  { gate, clock }: Pick<ReturnType<typeof gateOf>, 'gate' | 'clock'>,
  names: string[],
  { count, ms }: { count: number; ms: number },
): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    const visit = gate.enter(names[turn % names.length] ?? '')
    await gate.begin(async () => {
      clock.ms += ms
    })
    gate.leave(visit)
  }
}

/** Ten places and room for a line of 30, as ten go in and out in 2 × 20 ms. */
const ten = { fewest: 1, first: 10, most: 10, maxWaitMs: 120 }

describe('a gate', () => {
  test('lets in as many as there are places, then as many wait as may, and refuses the rest on arrival', () => {
    const { gate, reasons } = gateOf(ten)
    const { enter, entered } = visitor(gate)
    for (let count = 0; count < 40; count++) enter('a')
    expect(gate.state).toEqual({ limit: 10, starting: 10, finishing: 0, waiting: 30 })
    expect(refusalOf(() => gate.check('a'))).toMatchObject({ code: 'overloaded', status: 503, retryAfterSeconds: 1 })
    expect(refusalOf(() => enter('a'))?.code).toBe('overloaded')
    expect(reasons).toEqual(['full', 'full'])
    expect(entered).toHaveLength(10)
  })

  test('gives a place that is free to who waits, once, and forgets who has left the line', () => {
    const { gate } = gateOf({ ...ten, first: 1, most: 1, maxWaitMs: 200 })
    const { enter, entered } = visitor(gate)
    const [first, second, third] = [enter('a'), enter('a'), enter('a')]
    gate.leave(second)
    gate.leave(first)
    gate.leave(first)
    expect(third.state).toBe('in')
    expect(entered).toHaveLength(2)
    gate.leave(third)
    expect(gate.state).toMatchObject({ starting: 0, waiting: 0 })
  })

  test('keeps a crowd of one workspace from taking the places of the others', () => {
    const { gate, reasons } = gateOf(ten)
    const { enter, entered } = visitor(gate)
    const crowd = Array.from({ length: 40 }, () => enter('crowd'))
    for (const name of ['b', 'c', 'd']) enter(name)
    expect(refusalOf(() => enter('crowd'))?.code).toBe('overloaded')
    expect(reasons).toEqual(['full'])
    for (const visit of crowd.slice(0, 4)) gate.leave(visit)
    expect(entered.slice(10)).toEqual(['b', 'c', 'd'])
    // Three of ten is its share among four, and it still has six.
    enter('e')
    expect(entered.at(-1)).toBe('e')
  })

  test('leaves the share of the line that is another’s to the other', () => {
    const { gate, reasons } = gateOf(ten)
    const { enter } = visitor(gate)
    enter('b')
    for (let count = 0; count < 20; count++) enter('crowd')
    expect(gate.state).toMatchObject({ starting: 6, waiting: 15 })
    expect(refusalOf(() => enter('crowd'))?.code).toBe('overloaded')
    expect(reasons).toEqual(['share'])
    for (let count = 0; count < 19; count++) enter('b')
    expect(gate.state).toMatchObject({ starting: 10, waiting: 30 })
  })

  test('bounds the line also where everybody in it is another', () => {
    const { gate, reasons } = gateOf(ten)
    const { enter } = visitor(gate)
    for (let count = 0; count < 70; count++) enter(`workspace ${count}`)
    expect(refusalOf(() => enter('one more'))?.code).toBe('overloaded')
    expect([gate.state.waiting, reasons]).toEqual([60, ['full']])
  })

  test('leaves the share of workspaces that have gone to those who are there', () => {
    const { gate, clock } = gateOf(ten)
    const { enter } = visitor(gate)
    for (const name of ['b', 'c', 'd', 'e']) gate.leave(enter(name))
    for (let count = 0; count < 3; count++) enter('a')
    expect(gate.state).toMatchObject({ starting: 2, waiting: 1 })
    clock.ms = 1500
    for (let count = 0; count < 3; count++) enter('a')
    expect(gate.state.starting).toBeGreaterThanOrEqual(5)
  })

  test('never keeps the end of a turn waiting, and lets nothing begin in its place', async () => {
    const { gate } = gateOf({ ...ten, first: 2, most: 2 })
    const ends = [Promise.withResolvers<string>(), Promise.withResolvers<string>(), Promise.withResolvers<string>()]
    const stored = ends.map(({ promise }) => gate.finish(() => promise))
    const visit = gate.enter('a')
    expect(gate.state).toEqual({ limit: 2, starting: 0, finishing: 3, waiting: 1 })
    for (const [index, { resolve }] of ends.entries()) resolve(`end ${index}`)
    expect(await Promise.all(stored)).toEqual(['end 0', 'end 1', 'end 2'])
    expect(visit.state).toBe('in')
  })

  test('gives the place of an end back that fails', async () => {
    const { gate } = gateOf(ten)
    await expect(gate.finish(() => Promise.reject(new Error('the database is away')))).rejects.toThrow('away')
    expect(gate.state.finishing).toBe(0)
  })

  test('refuses at once while nothing moves', () => {
    const { gate, clock } = gateOf(ten)
    const { enter } = visitor(gate)
    for (let count = 0; count < 11; count++) enter('a')
    clock.ms = 121
    expect(refusalOf(() => enter('b'))?.code).toBe('overloaded')
  })

  test('asks a crowd that was sent away to come back later and later, at most half a minute', () => {
    const gate = new TurnGate({ bounds: { ...ten, maxWaitMs: 0 }, now: () => 0, random: () => 0.5 })
    for (let count = 0; count < 10; count++) gate.enter('a')
    const after = Array.from({ length: 10_000 }, () => refusalOf(() => gate.check('a'))?.retryAfterSeconds)
    expect([after[0], after[499], after[9999]]).toEqual([2, 3, 30])
  })

  test('leaves a workspace that is far ahead of the others only what keeps the work quick', async () => {
    const scene = gateOf({})
    const { gate, reasons } = scene
    const { enter } = visitor(gate)
    await turns(scene, ['b', 'c', 'd'], { count: 150, ms: 5 })
    // A crowd comes, and the work becomes slow.
    await turns(scene, ['crowd', 'crowd', 'b', 'crowd', 'c', 'crowd', 'd', 'crowd'], { count: 400, ms: 20 })
    const crowd = Array.from({ length: 6 }, () => enter('crowd'))
    const inside = () => crowd.filter(({ state }) => state === 'in')
    // Its share, among four, of the places that keep a process busy.
    expect(inside()).toHaveLength(2)
    for (const name of ['b', 'c', 'd', 'b', 'c', 'd']) expect(enter(name).state).toBe('in')
    // No more wait than begin in the time that anybody may wait.
    let waiting = 4
    while (refusalOf(() => enter('crowd')) === null) waiting++
    expect(waiting).toBeGreaterThan(5)
    expect(waiting).toBeLessThan(12)
    expect(reasons).toEqual(['share'])
    const [first, second] = inside()
    if (first) gate.leave(first)
    if (second) gate.leave(second)
    expect(inside()).toHaveLength(2)
  })

  test('asks one that is held back by itself to come back when what it gets would have served it', async () => {
    const scene = gateOf({}, 0.5)
    const { gate } = scene
    await turns(scene, ['b', 'c', 'd'], { count: 150, ms: 5 })
    await turns(scene, ['crowd', 'crowd', 'b', 'crowd', 'c', 'crowd', 'd', 'crowd'], { count: 400, ms: 20 })
    while (refusalOf(() => gate.enter('crowd')) === null);
    const after = Array.from({ length: 300 }, () => refusalOf(() => gate.check('crowd'))?.retryAfterSeconds ?? 0)
    // It begins some thirty turns a second; the gate as a whole could begin thousands.
    expect(after.at(-1)).toBeGreaterThan(7)
  })

  test('gives a workspace that was ahead its places back when the work is quick again', async () => {
    const scene = gateOf({})
    const { gate } = scene
    const { enter } = visitor(gate)
    await turns(scene, ['b', 'c', 'd'], { count: 150, ms: 5 })
    await turns(scene, ['crowd', 'crowd', 'crowd', 'b', 'c', 'd'], { count: 400, ms: 20 })
    for (let quarter = 0; quarter < 40; quarter++) {
      const crowd: Visit[] = []
      while (crowd.length < 40 && refusalOf(() => void crowd.push(enter('crowd'))) === null);
      await turns(scene, ['b', 'c', 'd'], { count: 50, ms: 5 })
      for (const visit of crowd) gate.leave(visit)
    }
    for (let count = 0; count < 20; count++) expect(enter('crowd').state).toBe('in')
  })

  test('takes nobody for ahead who is alone, or among its like, however slow the work is', async () => {
    for (const names of [['a'], ['a', 'b', 'c']]) {
      const scene = gateOf({})
      const { enter } = visitor(scene.gate)
      await turns(scene, names, { count: 150, ms: 3 })
      await turns(scene, names, { count: 300, ms: 25 })
      for (let count = 0; count < 60; count++) enter(names[count % names.length] ?? '')
      expect(scene.gate.state).toMatchObject({ starting: 60, waiting: 0 })
    }
  })

  test('that may not limit lets everybody in', () => {
    const { gate } = gateOf({ targetMs: 0 })
    const { enter } = visitor(gate)
    for (let count = 0; count < 5000; count++) enter(`workspace ${count % 7}`)
    expect(gate.state).toMatchObject({ starting: 5000, waiting: 0 })
  })
})
