import type { Message } from '@chatbot-platform/contract'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Run } from '../../src/modules/chat/run.ts'
import { RunKeeper } from '../../src/modules/chat/run-keeper.ts'
import type { KeptRun } from '../../src/modules/chat/turn.repository.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A run that grows ten times a second for `seconds`, while storing takes so long; returns when storing began. */
async function storedAt(storingMs: number, seconds: number): Promise<number[]> {
  const times: number[] = []
  const began = Date.now()
  const turns = {
    keep: async (runs: KeptRun[]) => {
      times.push(Date.now() - began)
      await new Promise((resolve) => setTimeout(resolve, storingMs))
      return new Set(runs.map(({ messageId }) => messageId))
    },
  }
  const keeper = new RunKeeper(turns, pino({ level: 'silent' }))
  const run = new Run('workspace', { id: 'answer', chat_session_id: 'session', content: '' } as Message)
  keeper.open()
  keeper.add(run)
  for (let tenth = 0; tenth < seconds * 10; tenth++) {
    run.append('word ')
    await vi.advanceTimersByTimeAsync(100)
  }
  keeper.close()
  return times
}

test('a text that grows is stored once a second', async () => {
  expect(await storedAt(5, 10)).toHaveLength(10)
})

test('storing that takes long is given a rest, and never one that a lease would not outlive', async () => {
  expect(await storedAt(500, 20)).toHaveLength(10)
  const times = await storedAt(4000, 60)
  const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0))
  expect(Math.max(...pauses)).toBeLessThanOrEqual(6200)
})
