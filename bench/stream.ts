import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent } from 'undici'
import { type BenchAccount, makeAccount } from './account.ts'
import { createChildren, serverEnv } from './children.ts'
import { type Reading, readStream } from './stream-reader.ts'
import { percentile, round } from './support.ts'

/**
 * Streams: the time that the server adds to the first token, tokens per CPU-second at full speed, and memory and gaps
 * with many slow readers. Upstream, server and readers are three processes on one machine.
 *
 * `npm run bench:stream -- [largest number of slow streams]`
 */
const [mostStreams = 5000] = process.argv.slice(2).map(Number)
const burstWord = 'token '
const burstTokens = 5000
const slowTokens = 28
const children = createChildren()
const dataDir = await mkdtemp(join(tmpdir(), 'chatbot-bench-'))
const agent = new Agent({
  connections: null,
  pipelining: 1,
  headersTimeout: 0,
  bodyTimeout: 0,
  connect: { timeout: 60_000 },
})

interface Stage {
  account: BenchAccount
  server: string
  serverProcess: ChildProcess
  upstream: string
}

try {
  await main()
} finally {
  await agent.close()
  await children.stop()
  await rm(dataDir, { recursive: true, force: true })
}

async function main(): Promise<void> {
  const upstream = await children.start('upstream.ts', ['{"byModel":true}'])
  const { url, child } = await children.start('serve.ts', [], serverEnv(dataDir, upstream.url))
  const stage = { account: await makeAccount(url), server: url, serverProcess: child, upstream: upstream.url }
  console.log(`${cpus().length} cores, Node ${process.version}`)
  for (const clients of [1, 16]) await firstToken(stage, clients)
  await fullSpeed(stage)
  for (const streams of [500, 2000, 5000]) if (streams <= mostStreams) await slowStreams(stage, streams)
}

/** Calls the upstream directly and through the server in turn, so that both meet the same machine. */
async function firstToken(stage: Stage, clients: number): Promise<void> {
  const direct: number[] = []
  const through: number[] = []
  await Promise.all(
    Array.from({ length: clients }, async () => {
      for (let turn = 0; turn < 60; turn++) {
        direct.push((await readDirect(stage, 'short')).firstMs)
        through.push((await readThrough(stage, 'short')).firstMs)
      }
    }),
  )
  const added = (share: number) => round(at(through, share) - at(direct, share), 2)
  console.log(
    `first token, ${clients} clients: directly p50 ${round(at(direct, 0.5), 2)} ms, through the server p50 ${round(at(through, 0.5), 2)} ms; added p50 ${added(0.5)} ms, p99 ${added(0.99)} ms`,
  )
}

async function fullSpeed(stage: Stage): Promise<void> {
  const before = await usageOf(stage.serverProcess)
  const readings = await Promise.all(Array.from({ length: 16 }, () => readThrough(stage, 'burst')))
  const { cpuMs } = await usageOf(stage.serverProcess)
  const tokens = readings.length * burstTokens
  if (readings.some(({ text }) => text.length !== burstTokens * burstWord.length)) throw new Error('text was lost')
  const perSecond = tokens / ((cpuMs - before.cpuMs) / 1000)
  console.log(`full speed: ${tokens} tokens, ${round(perSecond, 0)} tokens per CPU-second of the server`)
}

async function slowStreams(stage: Stage, streams: number): Promise<void> {
  const before = await usageOf(stage.serverProcess)
  const began = performance.now()
  const readings: Promise<Reading>[] = []
  // Opened over two seconds, as people would, rather than in one instant.
  for (let opened = 0; opened < streams; opened++) {
    readings.push(readThrough(stage, 'slow').catch((error: NodeJS.ErrnoException) => lost(error.code)))
    if (opened % Math.ceil(streams / 100) === 0) await sleep(20)
  }
  await sleep(4000)
  const during = await usageOf(stage.serverProcess)
  const done = await Promise.all(readings)
  const took = (performance.now() - began) / 1000
  const after = await usageOf(stage.serverProcess)
  const gaps = done.flatMap((reading) => reading.gapsMs)
  const endings = Map.groupBy(done, ({ ended }) => ended ?? 'cut')
  const others = [...endings]
    .filter(([name]) => name !== 'done')
    .map(([name, { length }]) => `, ${length} ended with ${name}`)
  const memory = (during.rssKiB - before.rssKiB) / streams
  console.log(
    `${streams} streams of 2 tokens/s: ${done.filter(({ ended }) => ended === 'done').length} complete in ${round(took)} s${others.join('')}, gap p50 ${round(at(gaps, 0.5), 0)} ms, p99 ${round(at(gaps, 0.99), 0)} ms, ${round(memory)} KiB each, ${round(((after.cpuMs - before.cpuMs) * 1000) / (streams * slowTokens), 0)} µs CPU a token`,
  )
}

/** What counts for a reader whose connection broke. */
function lost(code = 'an error'): Reading {
  return { firstMs: Number.NaN, gapsMs: [], text: '', ended: code }
}

function readThrough({ server, account }: Stage, model: string): Promise<Reading> {
  return readStream(agent, `${server}/chat`, {
    headers: { authorization: `Bearer ${account.token}` },
    body: { project_id: account.projects[model] ?? account.projectId, message: 'Hello', stream: true },
  })
}

function readDirect({ upstream }: Stage, model: string): Promise<Reading> {
  const body = { model, stream: true, messages: [{ role: 'user', content: 'Hello' }] }
  return readStream(agent, `${upstream}/v1/chat/completions`, { headers: {}, body })
}

async function usageOf(child: ChildProcess): Promise<{ cpuMs: number; rssKiB: number }> {
  child.send('usage')
  const [usage] = await once(child, 'message')
  return usage
}

function at(values: number[], share: number): number {
  return percentile(
    values.toSorted((a, b) => a - b),
    share,
  )
}
