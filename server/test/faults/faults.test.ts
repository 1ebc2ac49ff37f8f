import { contract, errorStatus } from '@chatbot-platform/contract'
import { afterAll, beforeAll, describe, type ExpectStatic, expect, test } from 'vitest'
import type { Fault } from './fault.ts'
import { type FaultScene, type FaultStage, limits, type Outcome, openStage } from './fault-scene.ts'
import {
  bodyFaults,
  cutFaults,
  endingFaults,
  inBandFaults,
  nonsenseFaults,
  redirectFaults,
  silenceFaults,
  spellingFaults,
  statusFaults,
} from './faults.ts'

/** Past its limits a turn has to say so at once; the rest is for a machine that is busy. */
const deadlineMs = limits.totalMs + 3000

const groups: [name: string, faults: Fault[]][] = [
  ['an upstream status', statusFaults],
  ['a redirect', redirectFaults],
  ['silence', silenceFaults],
  ['a connection that is cut', cutFaults],
  ['an ending', endingFaults],
  ['an error object in a stream', inBandFaults],
  ['a 200 without an answer', bodyFaults],
  ['nonsense beside the answer', nonsenseFaults],
  ['a spelling', spellingFaults],
]

let stage: FaultStage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())

describe.concurrent.for(groups)('%s', ([, faults]) => {
  const named = faults.map((fault): [string, Fault] => [fault.name, fault])
  test.for(named)('%s', async ([, fault], { expect, onTestFinished }) => {
    const scene = await stage.open(fault)
    onTestFinished(() => scene.close())
    const outcomes = await Promise.all([scene.turn('json'), scene.turn('events')])
    for (const outcome of outcomes) {
      expectEnding(outcome, fault)
      const { session_id, message, assistant_message } = outcome.turn
      expect(await scene.stored(session_id)).toEqual([message, assistant_message])
    }
    await expectQuiet(expect, scene, fault)
    expect(await scene.app.anonymous.call(contract.health.live, {})).toEqual({ status: 'live' })
  })
})

/** One terminal state, in time, with the right code and text, and the question kept. */
function expectEnding({ turn, code, streamed, endings, retryAfter, tookMs }: Outcome, fault: Fault): void {
  const { message, assistant_message: answer } = turn
  expect({ code, content: answer.content }).toEqual({ code: fault.code, content: fault.text })
  expect(answer).toMatchObject({ state: fault.code === null ? 'complete' : 'failed', error_code: fault.code })
  expect(message).toMatchObject({ role: 'user', state: 'complete', content: streamed === null ? 'json' : 'events' })
  expect(endings).toBe(1)
  expect(tookMs).toBeLessThan(deadlineMs)
  if (streamed !== null) expect(streamed).toBe(fault.text)
  else if (fault.retryAfter !== undefined) expect(retryAfter).toBe(fault.retryAfter)
  if (fault.tokens) expect([answer.prompt_tokens, answer.completion_tokens]).toEqual(fault.tokens)
  expect(fault.code === null || errorStatus[fault.code] >= 502).toBe(true)
}

/** Nothing is left of the turn at the upstream: what it holds open is closed, the rest is free for the next. */
async function expectQuiet(expect: ExpectStatic, { upstream }: FaultScene, fault: Fault): Promise<void> {
  const isLeftOpen = fault.rounds.some(({ hang, stayOpen }) => hang !== undefined || stayOpen)
  const kept = isLeftOpen ? 0 : upstream.requests.length
  await expect.poll(() => upstream.openSockets(), { timeout: 2500 }).toBeLessThanOrEqual(kept)
  expect(upstream.requests.every(({ path }) => path === '/v1/chat/completions')).toBe(true)
}
