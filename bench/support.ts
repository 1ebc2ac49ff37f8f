import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { Agent, request } from 'undici'

/** What a load run measured. Times are milliseconds. */
export interface LoadResult {
  clients: number
  perSecond: number
  p50: number
  p99: number
  failures: number
}

/**
 * Sends requests from `clients` closed loops for `seconds`, after a warm-up of a fifth of that, each loop with one
 * request under way at a time. `next` makes the request of a loop's turn.
 */
export async function load(options: {
  clients: number
  seconds: number
  next: (client: number) => { url: string; headers: Record<string, string>; body: string }
  /** Told each successful answer. */
  done: (client: number, text: string) => void
}): Promise<LoadResult> {
  const agent = new Agent({ connections: options.clients, pipelining: 1 })
  const times: number[] = []
  let failures = 0
  const start = performance.now()
  const measureFrom = start + options.seconds * 200
  const end = measureFrom + options.seconds * 1000
  await Promise.all(
    Array.from({ length: options.clients }, async (_, client) => {
      while (performance.now() < end) {
        const { url, headers, body } = options.next(client)
        const began = performance.now()
        const response = await request(url, { method: 'POST', headers, body, dispatcher: agent })
        const text = await response.body.text()
        const took = performance.now() - began
        if (response.statusCode >= 300) {
          failures += 1
          continue
        }
        options.done(client, text)
        if (began >= measureFrom) times.push(took)
      }
    }),
  )
  await agent.close()
  times.sort((a, b) => a - b)
  return {
    clients: options.clients,
    perSecond: times.length / options.seconds,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    failures,
  }
}

/**
 * Median time in milliseconds of one durable write of a database page in this folder: what a commit, and so the
 * acceptance of a turn, costs on this disk at least.
 */
export async function durableWriteMs(folder: string): Promise<number> {
  const path = join(folder, 'durable-write')
  const file = await open(path, 'w')
  const page = Buffer.alloc(8192)
  const times: number[] = []
  for (let count = 0; count < 200; count++) {
    const began = performance.now()
    await file.write(page, 0, page.length, (count % 50) * page.length)
    await file.datasync()
    times.push(performance.now() - began)
  }
  await file.close()
  await rm(path)
  return percentile(
    times.toSorted((a, b) => a - b),
    0.5,
  )
}

/** The value below which `share` of the sorted values lie (nearest rank). */
export function percentile(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

/** A figure for a table. */
export function round(value: number, digits = 1): string {
  return value.toFixed(digits)
}
