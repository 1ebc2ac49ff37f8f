import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { createRandom } from '../../torture/random.ts'
import { type FuzzAnswer, faultsOf } from './faults.ts'
import type { FuzzRequest } from './fuzz-request.ts'
import { readOperations } from './operations.ts'
import { makeRequest } from './request.ts'
import { createSender, isSpent } from './sender.ts'

export interface FuzzOptions {
  /** Where the server listens. */
  url: string
  requests: number
  seed: number
}

export interface FuzzReport {
  sent: number
  /** What was wrong: by what it is and where, the first request that showed it. */
  faults: Map<string, string>
  /** How often each status came. */
  statuses: Record<string, number>
  /** Of each operation: how many requests succeeded, and how many were refused. */
  operations: Map<string, { succeeded: number; refused: number }>
}

const senders = 6
const answerTimeoutMs = 20_000
const mostFaults = 25

/** Sends requests made from the published document of a running server, and holds every answer to it. */
export async function fuzz({ url, requests, seed }: FuzzOptions): Promise<FuzzReport> {
  const operations = await readOperations(url)
  const report: FuzzReport = {
    sent: 0,
    faults: new Map(),
    statuses: {},
    operations: new Map(operations.map(({ name }) => [name, { succeeded: 0, refused: 0 }])),
  }
  const pool = new Pool(url, { connections: senders, headersTimeout: answerTimeoutMs, bodyTimeout: answerTimeoutMs })
  // Each sender has choices of its own, so that what it sends does not depend on who answers first.
  const work = async (index: number) => {
    const random = createRandom(seed * 1000 + index)
    let sender = await createSender(url, random)
    for (let count = Math.ceil((requests - index) / senders); count > 0 && report.faults.size < mostFaults; count--) {
      const request = makeRequest(random, operations, sender)
      const answer = await send(pool, request)
      record(report, request, answer)
      if (isSpent(request.operation?.name, statusOf(answer))) sender = await createSender(url, random)
    }
  }
  try {
    await Promise.all(Array.from({ length: senders }, (_, index) => work(index)))
  } finally {
    await pool.destroy()
  }
  return report
}

async function send(pool: Pool, request: FuzzRequest): Promise<FuzzAnswer | Error> {
  const { method, path, headers, body } = request
  try {
    const late = sleep(answerTimeoutMs, new Error(`no answer within ${answerTimeoutMs} ms`), { ref: false })
    const answer = pool
      .request({ method: method as 'GET', path, headers, body })
      .then(async ({ statusCode, headers: sent, body: received }) => {
        return { status: statusCode, headers: sent, text: await received.text() }
      })
    return await Promise.race([answer, late])
  } catch (error) {
    return error as Error
  }
}

const statusOf = (answer: FuzzAnswer | Error) => (answer instanceof Error ? 0 : answer.status)

function record(report: FuzzReport, request: FuzzRequest, answer: FuzzAnswer | Error): void {
  report.sent += 1
  const status = statusOf(answer)
  report.statuses[status] = (report.statuses[status] ?? 0) + 1
  const counts = report.operations.get(request.operation?.name ?? '')
  if (counts && status >= 200 && status < 300) counts.succeeded += 1
  else if (counts) counts.refused += 1
  for (const fault of answer instanceof Error ? lost(request, answer) : faultsOf(request, answer)) {
    const where = `${request.operation?.name ?? request.method}: ${fault}`
    if (!report.faults.has(where)) report.faults.set(where, describe(request))
  }
}

/** A server may close the connection on a sender who goes on beyond a limit, and the answer may be lost with it. */
function lost({ isOversized }: FuzzRequest, error: Error): string[] {
  return isOversized ? [] : [`no answer: ${error.message}`]
}

function describe({ method, path, headers, body }: FuzzRequest): string {
  const shown = headers.map((part) => (part.startsWith('Bearer ey') ? 'Bearer …' : part.slice(0, 100)))
  return `${method} ${path.slice(0, 300)} ${JSON.stringify(shown)} ${JSON.stringify(body?.slice(0, 400))}`
}
