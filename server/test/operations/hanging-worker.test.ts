import { fileURLToPath } from 'node:url'
import { afterEach, expect, test, vi } from 'vitest'
import type { Logger } from '../../src/platform/logger.ts'
import { WorkerPool } from '../../src/platform/process/worker-pool.ts'

vi.setConfig({ testTimeout: 60_000 })

const script = fileURLToPath(new URL('hanging-worker.ts', import.meta.url))
const lines: string[] = []
const note = (_: object, message: string) => void lines.push(message)
const logger = { info: note, warn: note, error: note, debug: note } as unknown as Logger
let pool: WorkerPool<{ hangs: boolean }, string>

afterEach(() => pool.stop(0))

test('a worker whose event loop stands still is killed and replaced; the others are left alone', async () => {
  pool = new WorkerPool({ script, size: 2, briefing: ({ isFirst }) => ({ hangs: isFirst }), logger, silenceMs: 2500 })
  expect(await pool.start()).toBe('here')
  const served = () => lines.filter((line) => line === 'a worker serves').length
  await expect.poll(served, { timeout: 30_000 }).toBe(3)
  await new Promise((resolve) => setTimeout(resolve, 4000))
  expect(lines.filter((line) => line === 'a worker hangs and is killed')).toHaveLength(1)
  expect(served()).toBe(3)
})
