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
import { durableWriteMs, percentile, round } from './support.ts'

/**
 * Streams: the time that the server adds to the first token, tokens per CPU-second at full speed, and memory and gaps
 * with many slow readers; all of it beside the floor, a hop that only passes bytes on. Upstream, floor, server and
 * readers are processes of one machine, so each line says what the measured process and the readers used of it.
 *
 * `npm run bench:stream -- [largest number of slow streams]`
 */
const [mostStreams = 5000] = process.argv.slice(2).map(Number)
const burstWord = 'token '
const burstTokens = 5000
const slowTokens = 28
const firstTokenTurns = 60
const pacedPerSecond = 50
const pacedRequests = 250
const children = createChildren()
const dataDir = await mkdtemp(join(tmpdir(), 'chatbot-bench-'))
const agent = new Agent({
  connections: null,
  pipelining: 1,
  headersTimeout: 0,
  bodyTimeout: 0,
  connect: { timeout: 60_000 },
})

interface Target {
  name: string
  read(model: string): Promise<Reading>
}

/** A target between upstream and readers, whose use of the machine counts. */
interface Hop extends Target {
  process: ChildProcess
}

interface Stage {
  direct: Target
  hops: Hop[]
}

try {
  await main()
} finally {
  await agent.close()
  await children.stop()
  await rm(dataDir, { recursive: true, force: true })
}

async function main(): Promise<void> {
  const stage = await prepare()
  const writeMs = round(await durableWriteMs(dataDir), 2)
  console.log(`${cpus().length} cores, Node ${process.version}; a durable write takes ${writeMs} ms`)
  for (const clients of [1, 16]) await firstToken(stage, clients)
  await firstTokenPaced(stage)
  for (const hop of stage.hops) await fullSpeed(hop)
  for (const streams of [500, 2000, 5000]) {
    if (streams <= mostStreams) for (const hop of stage.hops) await slowStreams(hop, streams)
  }
}

async function prepare(): Promise<Stage> {
  const upstream = await children.start('upstream.ts', ['{"byModel":true}'])
  const floor = await children.start('stream-floor.ts', [upstream.url])
  const server = await children.start('serve.ts', [], serverEnv(dataDir, upstream.url))
  const account = await makeAccount(server.url)
  const direct = { name: 'directly', read: readsModel(upstream.url) }
  const hops = [
    { name: 'floor', read: readsModel(floor.url), process: floor.child },
    { name: 'server', read: readsServer(server.url, account), process: server.child },
  ]
  return { direct, hops }
}

/** Each client calls all targets in turn, so that they meet the same machine. */
async function firstToken({ direct, hops }: Stage, clients: number): Promise<void> {
  const targets = [direct, ...hops].map((target) => ({ ...target, times: [] as number[] }))
  await Promise.all(
    Array.from({ length: clients }, async () => {
      for (let turn = 0; turn < firstTokenTurns; turn++) {
        for (const { read, times } of targets) times.push((await read('short')).firstMs)
      }
    }),
  )
  tellFirstToken(`${clients} clients`, targets)
}

/** The same with requests that come at a steady pace, however long they take. */
async function firstTokenPaced({ direct, hops }: Stage): Promise<void> {
  const targets = []
  for (const target of [direct, ...hops]) {
    const readings = []
    for (let count = 0; count < pacedRequests; count++) {
      readings.push(target.read('short'))
      await sleep(1000 / pacedPerSecond)
    }
    targets.push({ name: target.name, times: (await Promise.all(readings)).map(({ firstMs }) => firstMs) })
  }
  tellFirstToken(`${pacedPerSecond} requests/s`, targets)
}

function tellFirstToken(load: string, [direct, ...hops]: { name: string; times: number[] }[]): void {
  if (!direct) return
  const added = ({ times }: { times: number[] }, share: number) => round(at(times, share) - at(direct.times, share), 2)
  const figures = hops.map((hop) => `${hop.name} adds p50 ${added(hop, 0.5)} ms, p99 ${added(hop, 0.99)} ms`)
  console.log(`first token, ${load}: directly p50 ${round(at(direct.times, 0.5), 2)} ms; ${figures.join('; ')}`)
}

async function fullSpeed(hop: Hop): Promise<void> {
  const before = await usageOf(hop.process)
  const readings = await Promise.all(Array.from({ length: 16 }, () => hop.read('burst')))
  const { cpuMs } = await usageOf(hop.process)
  const tokens = readings.length * burstTokens
  if (readings.some(({ text }) => text.length !== burstTokens * burstWord.length)) throw new Error('text was lost')
  const perSecond = tokens / ((cpuMs - before.cpuMs) / 1000)
  console.log(`full speed, ${hop.name}: ${tokens} tokens, ${round(perSecond, 0)} per CPU-second of the ${hop.name}`)
}

async function slowStreams(hop: Hop, streams: number): Promise<void> {
  const before = await usageOf(hop.process)
  const readersBefore = process.cpuUsage()
  const began = performance.now()
  const readings: Promise<Reading>[] = []
  // Opened over two seconds, as people would, rather than in one instant.
  for (let opened = 0; opened < streams; opened++) {
    readings.push(hop.read('slow').catch((error: NodeJS.ErrnoException) => lost(error.code)))
    if (opened % Math.ceil(streams / 100) === 0) await sleep(20)
  }
  await sleep(4000)
  const during = await usageOf(hop.process)
  const done = await Promise.all(readings)
  const took = (performance.now() - began) / 1000
  const after = await usageOf(hop.process)
  const readers = process.cpuUsage(readersBefore)
  const gaps = done.flatMap((reading) => reading.gapsMs)
  const isWhole = ({ text }: Reading) => text.length === slowTokens * burstWord.length
  const endings = Map.groupBy(
    done.filter((reading) => !isWhole(reading)),
    ({ ended }) => ended ?? 'cut',
  )
  const others = [...endings].map(([name, { length }]) => `, ${length} ended with ${name}`)
  const perToken = (cpuMs: number) => round((cpuMs * 1000) / (streams * slowTokens), 0)
  const memory = (during.rssKiB - before.rssKiB) / streams
  const first = done.map(({ firstMs }) => firstMs)
  console.log(
    `${streams} streams of 2 tokens/s, ${hop.name}: ${done.filter(isWhole).length} complete in ${round(took)} s${others.join('')}, first token p50 ${round(at(first, 0.5), 0)} ms, gap p50 ${round(at(gaps, 0.5), 0)} ms, p99 ${round(at(gaps, 0.99), 0)} ms, ${round(memory)} KiB each, CPU a token ${perToken(after.cpuMs - before.cpuMs)} µs (readers ${perToken((readers.user + readers.system) / 1000)} µs)`,
  )
}

/** What counts for a reader whose connection broke. */
function lost(code = 'an error'): Reading {
  return { firstMs: Number.NaN, gapsMs: [], text: '', ended: code }
}

function readsServer(url: string, { token, projects, projectId }: BenchAccount): Target['read'] {
  const headers = { authorization: `Bearer ${token}` }
  return (model) => {
    const body = { project_id: projects[model] ?? projectId, message: 'Hello', stream: true }
    return readStream(agent, `${url}/chat`, { headers, body })
  }
}

/** Reads as the upstream answers, whether it answers itself or through the floor. */
function readsModel(url: string): Target['read'] {
  return (model) => {
    const body = { model, stream: true, messages: [{ role: 'user', content: 'Hello' }] }
    return readStream(agent, `${url}/v1/chat/completions`, { headers: {}, body })
  }
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
