import { createServer } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { afterAll, beforeAll, expect } from 'vitest'
import { type DocumentLimits, defaultDocumentLimits } from '../../src/documents/document.ts'
import { watchMemory } from './child-processes.ts'
import { createReading } from './reading.ts'

/** Of documents that are small, and end soon. */
const atOnce = 2
/** For the process to start and end, beside what it may take to read. */
const aroundMs = 3000

/**
 * Reads hostile documents and holds each reading to what it may cost: its time (by default 30 seconds), 512 MiB, no
 * connection to `url`, and after all of them an event loop that never noticed.
 */
export function createWatch(limits: Partial<DocumentLimits> = {}) {
  const mostMs = (limits.timeMs ?? defaultDocumentLimits.timeMs) + aroundMs
  const { outcome } = createReading(limits)
  const delay = monitorEventLoopDelay({ resolution: 10 })
  const listener = createServer(() => {
    connections += 1
  })
  let connections = 0
  let url = ''
  beforeAll(async () => {
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    const address = listener.address()
    url = typeof address === 'object' ? `http://127.0.0.1:${address?.port}` : ''
  })
  afterAll(() => {
    listener.close()
    expect(connections).toBe(0)
    expect(delay.percentile(99) / 1e6).toBeLessThanOrEqual(100)
  })

  async function read(content: Uint8Array | string, name: string): Promise<string> {
    const memory = watchMemory()
    const start = performance.now()
    const code = await measured(delay, () => outcome(content, name))
    expect(performance.now() - start).toBeLessThan(mostMs)
    expect(memory.stop()).toBeLessThanOrEqual(512)
    return code
  }

  /** Reads several small ones, some at once; the outcomes in their order. */
  async function readAll(documents: readonly (readonly [content: Uint8Array | string, name: string])[]) {
    const codes: string[] = []
    for (let from = 0; from < documents.length; from += atOnce) {
      const some = documents.slice(from, from + atOnce)
      const memory = watchMemory()
      const start = performance.now()
      codes.push(...(await measured(delay, () => Promise.all(some.map((one) => outcome(...one))))))
      expect(performance.now() - start).toBeLessThan(mostMs)
      expect(memory.stop()).toBeLessThanOrEqual(512)
    }
    return codes
  }
  return { read, readAll, url: () => url }
}

async function measured<Result>(
  delay: ReturnType<typeof monitorEventLoopDelay>,
  run: () => Promise<Result>,
): Promise<Result> {
  delay.enable()
  try {
    return await run()
  } finally {
    delay.disable()
  }
}
