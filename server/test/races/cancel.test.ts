import { setTimeout as sleep } from 'node:timers/promises'
import { contract, type Project } from '@chatbot-platform/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withSession } from '../../src/platform/database/session.ts'
import { createProject, startTestApp, type TestApp, type TestUser } from '../support/app.ts'
import { endingOf, inParallel, openTurn } from './race-turns.ts'

const races = 500
const usualTurns = 64
const text = ['one ', 'two ', 'three']
const whole = text.join('')

let app: TestApp
let user: TestUser
let project: Project

beforeAll(async () => {
  app = await startTestApp()
  user = await app.user()
  project = await createProject(user)
})
afterAll(() => app.close())

test('whoever wins, cancel or finish, everyone is told the same end, and it stays', { timeout: 60_000 }, async () => {
  app.upstream.always({ text, delayMs: 3 })
  const ends = { complete: 0, cancelled: 0 }
  const usualMs = await usualLengthMs()
  await inParallel(races, 16, async (index) => {
    const { turn, events } = await openTurn(user.client, { project_id: project.id, message: `Race ${index}` })
    const params = { message_id: turn.assistant_message.id }
    // From before the first token to well after the last one, however fast this machine is.
    await sleep(((index % 25) / 25) * 1.5 * usualMs)
    const [told, again, ending] = await Promise.all([
      user.client.call(contract.chat.cancel, { params }),
      user.client.call(contract.chat.cancel, { params }),
      endingOf(events),
    ])
    if (told.state !== 'complete' && told.state !== 'cancelled') throw new Error(`cancel left ${told.state}`)
    ends[told.state] += 1
    expect(ending).toEqual({
      event: told.state === 'complete' ? 'done' : 'cancelled',
      message: told,
      streamed: told.content,
    })
    expect(again).toEqual(told)
    expect(told.state === 'complete' ? told.content === whole : whole.startsWith(told.content)).toBe(true)
    expect(await user.client.call(contract.chat.message, { params })).toEqual(told)
  })
  expect(ends.complete + ends.cancelled).toBe(races)
  expect(Math.min(ends.complete, ends.cancelled)).toBeGreaterThan(races / 50)
  const { rows } = await withSession(app.database.superuserUrl, (client) =>
    client.query('SELECT state, count(*)::int AS count FROM usage_events GROUP BY state'),
  )
  const complete = ends.complete + usualTurns
  expect(Object.fromEntries(rows.map(({ state, count }) => [state, count]))).toEqual({ ...ends, complete })
})

test('a cancelled call leaves no connection behind', async () => {
  app.upstream.always({ text, hang: 1 })
  const before = app.upstream.requests.length
  await inParallel(20, 20, async (index) => {
    const { turn } = await openTurn(user.client, { project_id: project.id, message: `Hang ${index}` })
    await user.client.call(contract.chat.cancel, { params: { message_id: turn.assistant_message.id } })
  })
  const cancelledAt = Date.now()
  const closed = await Promise.all(app.upstream.requests.slice(before).map((request) => request.closed))
  expect(Math.max(0, ...closed) - cancelledAt).toBeLessThan(1000)
})

/** Median time from the acceptance of a turn to its end, among as many others as race. */
async function usualLengthMs(): Promise<number> {
  const times: number[] = []
  await inParallel(usualTurns, 16, async (index) => {
    const { events } = await openTurn(user.client, { project_id: project.id, message: `Usual ${index}` })
    const began = performance.now()
    await endingOf(events)
    times.push(performance.now() - began)
  })
  return times.toSorted((a, b) => a - b)[times.length / 2] ?? 0
}
